package dev.langevin.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.doctree.DocCommentTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/**
 * What is public has a description: types, constructors, methods, constants. It begins with a sentence, which is all
 * that an index and an editor's list show; {@code {@return ...}} is one, tags alone are none. Doclint's {@code missing}
 * would ask for every {@code @param} and {@code @return} too, also where the first sentence says it all.
 */
class PublicJavadocTest {

  private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
  private static final Pattern EXPORTS = Pattern.compile("exports ([\\w.]+)[ ;]");

  /** Those of one file that have none, or one without a first sentence. */
  private static final class Undescribed extends TreePathScanner<Void, Boolean> {

    private final DocTrees docs;
    private final CompilationUnitTree file;
    private final List<String> found;
    private int looked;

    Undescribed(DocTrees docs, CompilationUnitTree file, List<String> found) {
      this.docs = docs;
      this.file = file;
      this.found = found;
    }

    /** @param open whether members are public without saying so */
    private static boolean isSeen(ModifiersTree modifiers, boolean open) {
      Set<Modifier> flags = modifiers.getFlags();
      return open && !flags.contains(Modifier.PRIVATE) || flags.contains(Modifier.PUBLIC)
          || flags.contains(Modifier.PROTECTED);
    }

    private void require(String name) {
      looked++;
      DocCommentTree comment = docs.getDocCommentTree(getCurrentPath());
      if (comment == null || comment.getFirstSentence().isEmpty()) {
        long at = docs.getSourcePositions().getStartPosition(file, getCurrentPath().getLeaf());
        found.add(ROOT.relativize(Path.of(file.getSourceFile().toUri())) + ":" + file.getLineMap().getLineNumber(at)
            + ": " + name);
      }
    }

    @Override
    public Void visitClass(ClassTree type, Boolean open) {
      if (isSeen(type.getModifiers(), open)) {
        require(type.getSimpleName().toString());
        super.visitClass(type, type.getKind() == Tree.Kind.INTERFACE || type.getKind() == Tree.Kind.ANNOTATION_TYPE);
      }
      return null;
    }

    @Override
    public Void visitMethod(MethodTree method, Boolean open) {
      boolean inherits = method.getModifiers().getAnnotations().stream()
          .anyMatch(annotation -> annotation.getAnnotationType().toString().equals("Override"));
      if (isSeen(method.getModifiers(), open) && !inherits) {
        require(method.getName().toString());
      }
      return null; // what stands in its body is nobody's
    }

    @Override
    public Void visitVariable(VariableTree field, Boolean open) {
      boolean component = field.getModifiers().getFlags().equals(Set.of(Modifier.PRIVATE, Modifier.FINAL));
      if (!component && isSeen(field.getModifiers(), open)) {
        require(field.getName().toString());
      }
      return null;
    }
  }

  /** Sources of what is published, and of the server, whose types other teams read as well. */
  private static List<Path> sources() throws IOException {
    List<Path> sources = new ArrayList<>();
    for (String module : List.of("engine", "onednn", "cuda", "hub", "training", "langchain4j", "spring", "server")) {
      Path folder = ROOT.resolve("java/" + module + "/src/main/java");
      Path declared = folder.resolve("module-info.java");
      Set<Path> exported = Files.exists(declared)
          ? EXPORTS.matcher(Files.readString(declared)).results()
              .map(found -> folder.resolve(found.group(1).replace('.', '/'))).collect(Collectors.toSet())
          : null;
      try (Stream<Path> files = Files.walk(folder)) {
        files.filter(file -> file.toString().endsWith(".java") && !file.endsWith("module-info.java"))
            .filter(file -> exported == null || exported.contains(file.getParent())).sorted().forEach(sources::add);
      }
    }
    return sources;
  }

  @Test
  void shouldDescribeWhatIsPublic() throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<String> found = new ArrayList<>();
    int looked = 0;
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
      JavacTask task = (JavacTask) compiler.getTask(null, manager, null, null, null,
          manager.getJavaFileObjectsFromPaths(sources()));
      DocTrees docs = DocTrees.instance(task);
      for (CompilationUnitTree file : task.parse()) {
        Undescribed scanner = new Undescribed(docs, file, found);
        scanner.scan(file, false);
        looked += scanner.looked;
      }
    }
    assertThat(looked).isGreaterThan(2000);
    assertThat(found).as("public and without a first sentence that describes it").isEmpty();
  }
}
