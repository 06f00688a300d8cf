package dev.langevin.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who may import whom within the engine: a package that reaches past its neighbours fails here, by name. */
class ImportRulesTest {

  private static final JavaClasses CLASSES = new ClassFileImporter()
      .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
      .importPackages("dev.langevin");

  @ParameterizedTest
  @CsvSource({
      "tensor, ''",
      "graph, tensor",
      "text, ''",
      "policy, ''",
      "config, text policy",
      "weights, tensor text config policy",
      "diffusion, backend tensor text config",
      "diffusion.samplers, diffusion config tensor text",
      "image, tensor policy",
      "settings, image",
      "models, graph tensor text config",
      "backend, graph tensor",
      "backend.reference, backend graph tensor",
      "plan, graph backend weights tensor",
      "request, tensor text image backend plan policy diffusion.samplers",
      "pipeline, pipeline.engine request tensor diffusion plan weights",
      "pipeline.engine, request tensor graph backend plan weights diffusion",
      "pipeline.files, policy request tensor text graph weights models diffusion config",
      "pipeline.stages, pipeline.engine request tensor text graph models image backend plan diffusion",
      "pipeline.starts, pipeline.engine pipeline.stages request tensor diffusion",
      "pipeline.upscaling, pipeline.engine pipeline.stages tensor graph models image backend plan weights",
      "pipeline.families.pixels, policy pipeline.engine pipeline.stages request tensor graph models image backend"
          + " plan weights diffusion config",
      "pipeline.families.stablediffusion, policy pipeline.engine pipeline.stages pipeline.starts pipeline.files"
          + " pipeline.upscaling"
          + " request tensor text graph models image backend plan weights diffusion config",
      "pipeline.families.unclip, policy pipeline pipeline.engine pipeline.stages request tensor text graph models image"
          + " backend plan weights"
          + " diffusion config"})
  void shouldImportOnlyItsNeighbours(String name, String neighbours) {
    String[] allowed = Stream.concat(Stream.of(name), Arrays.stream(neighbours.split(" ")).filter(n -> !n.isEmpty()))
        .map(n -> "dev.langevin." + n).toArray(String[]::new);
    classes().that().resideInAPackage("dev.langevin." + name)
        .should().onlyDependOnClassesThat(resideInAnyPackage(allowed).or(foreign()))
        .check(CLASSES);
  }

  @ParameterizedTest
  @CsvSource({"tensor", "text", "config", "policy", "graph", "diffusion", "models", "backend", "plan"})
  void shouldNeedNothingButTheJdk(String name) {
    classes().that().resideInAPackage("dev.langevin." + name)
        .should().onlyDependOnClassesThat().resideInAnyPackage("dev.langevin..", "java..", "javax.management..")
        .check(CLASSES);
  }

  @Test
  void shouldKnowNoNativeCode() {
    noClasses().should().dependOnClassesThat()
        .resideInAnyPackage("dev.langevin.bindings..", "dev.langevin.backend.onednn..")
        .orShould().dependOnClassesThat().haveFullyQualifiedName("java.lang.foreign.Linker")
        .orShould().dependOnClassesThat().haveFullyQualifiedName("java.lang.foreign.SymbolLookup")
        .check(CLASSES);
  }

  /** A family's folder and its service line can be taken away, and the rest still builds. */
  @ParameterizedTest
  @CsvSource({"pixels", "stablediffusion", "unclip"})
  void shouldFindFamiliesByServiceLoaderOnly(String family) {
    String own = "dev.langevin.pipeline.families." + family;
    noClasses().that().resideOutsideOfPackage(own).should().dependOnClassesThat(resideInAPackage(own)).check(CLASSES);
  }

  @Test
  void shouldHaveNoCycles() {
    slices().matching("dev.langevin.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void shouldKnowEveryPackage() {
    Set<String> packages = CLASSES.stream().map(JavaClass::getPackageName).collect(Collectors.toSet());
    assertThat(packages).containsOnly("dev.langevin.tensor", "dev.langevin.text", "dev.langevin.config",
        "dev.langevin.policy", "dev.langevin.settings",
        "dev.langevin.graph", "dev.langevin.weights",
        "dev.langevin.diffusion", "dev.langevin.diffusion.samplers", "dev.langevin.image", "dev.langevin.models",
        "dev.langevin.backend",
        "dev.langevin.backend.reference", "dev.langevin.plan", "dev.langevin.request",
        "dev.langevin.pipeline", "dev.langevin.pipeline.engine", "dev.langevin.pipeline.files",
        "dev.langevin.pipeline.stages",
        "dev.langevin.pipeline.starts", "dev.langevin.pipeline.upscaling", "dev.langevin.pipeline.families.pixels",
        "dev.langevin.pipeline.families.stablediffusion", "dev.langevin.pipeline.families.unclip");
  }

  private static DescribedPredicate<JavaClass> foreign() {
    return DescribedPredicate.not(resideInAPackage("dev.langevin.."));
  }
}
