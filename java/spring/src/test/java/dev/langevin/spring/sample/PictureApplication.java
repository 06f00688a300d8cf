package dev.langevin.spring.sample;

import dev.langevin.request.DeadlineException;
import dev.langevin.request.RejectedException;
import dev.langevin.spring.LangevinImageOptions;
import java.util.Base64;
import org.springframework.ai.image.ImageModel;
import org.springframework.ai.image.ImagePrompt;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Pictures over HTTP: {@code curl 'localhost:8080/picture?prompt=a+red+apple' --output apple.png}. */
@SpringBootApplication
@RestController
public class PictureApplication {

  private final ImageModel model;

  /** Made by Spring. */
  public PictureApplication(ImageModel model) {
    this.model = model;
  }

  public static void main(String... arguments) {
    SpringApplication.run(PictureApplication.class, arguments);
  }

  @GetMapping(path = "/picture", produces = MediaType.IMAGE_PNG_VALUE)
  byte[] picture(@RequestParam String prompt, @RequestParam(required = false) Long seed) {
    ImagePrompt asked = new ImagePrompt(prompt, LangevinImageOptions.builder().seed(seed).build());
    return Base64.getDecoder().decode(model.call(asked).getResult().getOutput().getB64Json());
  }

  @ExceptionHandler
  ResponseEntity<String> refused(IllegalArgumentException e) {
    return ResponseEntity.badRequest().contentType(MediaType.TEXT_PLAIN).body(e.getMessage());
  }

  @ExceptionHandler
  ResponseEntity<String> tooMuch(RejectedException e) {
    return ResponseEntity.status(HttpStatus.SERVICE_UNAVAILABLE).contentType(MediaType.TEXT_PLAIN)
        .body(e.getMessage());
  }

  @ExceptionHandler
  ResponseEntity<String> tooLate(DeadlineException e) {
    return ResponseEntity.status(HttpStatus.GATEWAY_TIMEOUT).contentType(MediaType.TEXT_PLAIN).body(e.getMessage());
  }
}
