package dev.langevin.backend.onednn;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import org.junit.jupiter.api.Test;

/** Its one device, and what its classes may import. */
class OneDnnBackendTest {

  private static final JavaClasses CLASSES = new ClassFileImporter()
      .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
      .importPackages("dev.langevin.backend.onednn");

  @Test
  void shouldBeOneDevice() {
    assertThatThrownBy(() -> Backend.open("onednn:1", BackendOptions.usual()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("onednn:1: the processor is one device, onednn:0");
  }

  @Test
  void shouldImportOnlyItsNeighbours() {
    classes().should().onlyDependOnClassesThat().resideInAnyPackage("java..", "dev.langevin.backend",
        "dev.langevin.backend.onednn", "dev.langevin.graph", "dev.langevin.tensor", "dev.langevin.diffusion",
        "dev.langevin.bindings..").check(CLASSES);
  }

  @Test
  void shouldMakeDowncallsInTheBindingsOnly() {
    noClasses().should().dependOnClassesThat().haveFullyQualifiedName("java.lang.foreign.Linker")
        .orShould().dependOnClassesThat().haveFullyQualifiedName("java.lang.foreign.SymbolLookup")
        .check(CLASSES);
  }
}
