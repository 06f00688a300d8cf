package dev.langevin.springclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.cli.ServeOptions;
import dev.langevin.image.PictureFile;
import dev.langevin.server.Server;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.ai.image.ImageGeneration;
import org.springframework.ai.image.ImageModel;
import org.springframework.ai.image.ImageOptionsBuilder;
import org.springframework.ai.image.ImagePrompt;
import org.springframework.ai.openai.OpenAiImageModel;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/** An application with Spring AI's starter for OpenAI, of which the properties alone name this server. */
class SpringAiTest {

  private static Server server;
  private static ConfigurableApplicationContext application;

  /** Nothing but what the starter configures. */
  @Configuration
  @EnableAutoConfiguration
  static class Application {}

  @BeforeAll
  static void start() {
    ServeOptions options = new ServeOptions();
    options.port = 0;
    options.drainSeconds = 1;
    server = Server.start(options);
    application = new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
        .run("--spring.main.banner-mode=off", "--spring.ai.openai.api-key=key", "--spring.ai.openai.image.model=emoji",
            "--spring.ai.openai.base-url=http://localhost:" + server.port() + "/v1");
  }

  @AfterAll
  static void stop() {
    application.close();
    server.close();
  }

  private static int width(ImageGeneration made) throws Exception {
    return PictureFile.decode(Base64.getDecoder().decode(made.getOutput().getB64Json())).width();
  }

  @Test
  void shouldServeSpringAisStarter() throws Exception {
    ImageModel model = application.getBean(ImageModel.class);
    assertThat(model).isInstanceOf(OpenAiImageModel.class);
    assertThat(width(model.call(new ImagePrompt("a red apple")).getResult())).isEqualTo(64);
    System.out.println("spring-ai-starter-model-openai ImageModel.call: ok");

    List<ImageGeneration> two = model.call(new ImagePrompt("a fish",
        ImageOptionsBuilder.builder().n(2).width(48).height(48).build())).getResults();
    assertThat(two).hasSize(2);
    assertThat(width(two.getFirst())).isEqualTo(48);
    assertThat(two.get(1).getOutput().getB64Json()).isNotEqualTo(two.getFirst().getOutput().getB64Json());
    System.out.println("spring-ai-starter-model-openai ImageModel.call, two pictures of a size: ok");

    assertThat(model.call(new ImagePrompt("a fish", ImageOptionsBuilder.builder().responseFormat("url").build()))
        .getResult().getOutput().getUrl()).startsWith("http://localhost:" + server.port() + "/pictures/");
    System.out.println("spring-ai-starter-model-openai ImageModel.call, by URL: ok");

    assertThatThrownBy(() -> model.call(new ImagePrompt("a fish",
        ImageOptionsBuilder.builder().model("dall-e-9").build()))).hasStackTraceContaining("dall-e-9");
    System.out.println("spring-ai-starter-model-openai ImageModel.call, an unknown model's error: ok");
  }
}
