/** Training of diffusion models: gradients, losses, optimisers, data, evaluation. */
module dev.langevin.training {
  requires transitive dev.langevin.engine;
  requires com.fasterxml.jackson.databind;
  requires com.fasterxml.jackson.dataformat.yaml;
  requires java.net.http;
  requires ojalgo;
  requires org.apache.commons.compress;

  exports dev.langevin.training;
  exports dev.langevin.training.data;
  exports dev.langevin.training.data.emoji;
  exports dev.langevin.training.data.source;
  exports dev.langevin.training.evaluation;

  opens dev.langevin.training to com.fasterxml.jackson.databind;
}
