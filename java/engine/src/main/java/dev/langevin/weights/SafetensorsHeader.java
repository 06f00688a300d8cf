package dev.langevin.weights;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Encoding;
import dev.langevin.tensor.Float8;
import dev.langevin.tensor.Shape;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The JSON header of a safetensors file, parsed strictly and checked against the bytes that follow it. */
record SafetensorsHeader(Map<String, Entry> entries, Map<String, String> metadata) {

  /** A tensor's encoding, shape and half-open byte range after the header. */
  record Entry(Encoding encoding, Shape shape, long begin, long end) {}

  /** Deeper JSON is not a header; the limit keeps a forged file from exhausting the stack. */
  private static final int MAX_NESTING = 16;

  private static final JsonMapper JSON = JsonMapper.builder(Json.factory()
      .streamReadConstraints(StreamReadConstraints.builder()
          .maxNestingDepth(MAX_NESTING)
          .maxStringLength((int) SafetensorsFile.MAX_HEADER_BYTES)
          .build())
      .build())
      .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
      .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
      .enable(DeserializationFeature.USE_BIG_INTEGER_FOR_INTS)
      .build();

  private static final Map<String, Encoding> DTYPES =
      Stream.<Encoding[]>of(DType.values(), Float8.values()).flatMap(Stream::of)
          .collect(Collectors.toMap(Encoding::name, encoding -> encoding)); // all are named as the format names them

  static SafetensorsHeader parse(Path path, byte[] json, long dataBytes) {
    if (json.length == 0 || json[0] != '{') {
      throw new WeightsException(path + ": the header does not begin with '{'; is it a safetensors file?");
    }
    JsonNode root = json(path, json);
    Map<String, Entry> entries = new LinkedHashMap<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : root.properties()) {
      if (field.getKey().equals("__metadata__")) {
        metadata.putAll(metadata(path, field.getValue()));
      } else {
        entries.put(field.getKey(), entry(path + ": tensor '" + field.getKey() + "'", field.getValue(), dataBytes));
      }
    }
    requireContiguous(path, entries, dataBytes);
    return new SafetensorsHeader(entries, metadata);
  }

  private static JsonNode json(Path path, byte[] json) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString();
      return JSON.readTree(text);
    } catch (CharacterCodingException e) {
      throw new WeightsException(path + ": the header is not valid UTF-8", e);
    } catch (JsonProcessingException e) {
      throw new WeightsException(path + ": the header is not valid JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static Map<String, String> metadata(Path path, JsonNode node) {
    Map<String, String> metadata = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!field.getValue().isTextual()) {
        throw new WeightsException(path + ": __metadata__." + field.getKey() + " is not a string");
      }
      metadata.put(field.getKey(), field.getValue().textValue());
    }
    if (!node.isObject()) {
      throw new WeightsException(path + ": __metadata__ is not an object");
    }
    return metadata;
  }

  private static Entry entry(String what, JsonNode node, long dataBytes) {
    JsonNode type = node.path("dtype");
    Encoding dtype = type.isTextual() ? DTYPES.get(type.textValue()) : null;
    if (dtype == null) {
      throw new WeightsException(
          what + " has dtype " + type + "; known are " + DTYPES.keySet().stream().sorted().toList());
    }
    long[] dims = longs(what + ".shape", node.path("shape"));
    long[] offsets = longs(what + ".data_offsets", node.path("data_offsets"));
    if (offsets.length != 2 || offsets[0] > offsets[1] || offsets[1] > dataBytes) {
      throw new WeightsException(what + " has data_offsets " + node.path("data_offsets")
          + "; they must be a begin and an end within the " + dataBytes + " bytes after the header");
    }
    Shape shape;
    long bytes;
    try {
      shape = Shape.of(dims);
      bytes = dtype.bytes(shape.elements());
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new WeightsException(what + ": " + e.getMessage(), e);
    }
    if (bytes != offsets[1] - offsets[0]) {
      throw new WeightsException(what + " of dtype " + dtype.name() + " and shape " + shape + " takes " + bytes
          + " bytes, its data_offsets hold " + (offsets[1] - offsets[0]));
    }
    return new Entry(dtype, shape, offsets[0], offsets[1]);
  }

  /** Non-negative whole numbers. */
  private static long[] longs(String what, JsonNode node) {
    if (!node.isArray()) {
      throw new WeightsException(what + " is " + (node.isMissingNode() ? "missing" : node) + ", must be an array");
    }
    long[] values = new long[node.size()];
    for (int i = 0; i < values.length; i++) {
      JsonNode element = node.get(i);
      if (!element.isIntegralNumber() || !element.canConvertToLong() || element.longValue() < 0) {
        throw new WeightsException(
            what + " holds " + element + "; its entries must be whole numbers from 0 to 2^63 - 1");
      }
      values[i] = element.longValue();
    }
    return values;
  }

  /** Tensors must fill the data one after another: no overlap, no hole, nothing behind. */
  private static void requireContiguous(Path path, Map<String, Entry> entries, long dataBytes) {
    List<Map.Entry<String, Entry>> sorted = new ArrayList<>(entries.entrySet());
    sorted.sort(Comparator.comparingLong((Map.Entry<String, Entry> e) -> e.getValue().begin())
        .thenComparingLong(e -> e.getValue().end()));
    long at = 0;
    for (Map.Entry<String, Entry> e : sorted) {
      if (e.getValue().begin() != at) {
        throw new WeightsException(path + ": tensor '" + e.getKey() + "' begins at byte " + e.getValue().begin()
            + ", the one before it ends at " + at + "; tensors must neither overlap nor leave holes");
      }
      at = e.getValue().end();
    }
    if (at != dataBytes) {
      throw new WeightsException(path + ": " + dataBytes + " bytes follow the header, the tensors take " + at);
    }
  }
}
