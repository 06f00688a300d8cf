/** Models of the Hugging Face Hub, and the cache on disk that its programs share. */
module dev.langevin.hub {
  requires com.fasterxml.jackson.databind;
  requires dev.langevin.bindings;
  requires transitive java.net.http;

  exports dev.langevin.hub;
}
