package dev.langevin.config;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Map;

/** Whatever object a configuration is, every section takes it or refuses it in one line that names its file. */
class ConfigurationsFuzzTest {

  @FuzzTest
  void shouldTakeOrRefuse(byte[] data) {
    Map<String, Object> json;
    try {
      json = new ObjectMapper().readValue(data, new TypeReference<Map<String, Object>>() {});
    } catch (IOException e) {
      return; // the reader of files says so
    }
    if (json == null) {
      return;
    }
    for (Section section : Configurations.all()) {
      try {
        ConfigValues.of(section, json);
      } catch (IllegalArgumentException e) {
        if (!e.getMessage().contains(section.file()) || e.getMessage().contains("\n")) {
          throw new AssertionError("the message is not one line that names the file: " + e.getMessage(), e);
        }
      }
    }
  }
}
