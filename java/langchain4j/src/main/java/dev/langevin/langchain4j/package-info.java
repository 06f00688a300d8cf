/** LangChain4j's picture model on a pipeline of this process. */
package dev.langevin.langchain4j;
