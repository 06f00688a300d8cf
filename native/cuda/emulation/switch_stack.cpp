// void lgc_switch_stack(void** save, void* to): saves the callee's registers and the stack, and goes on where `to` was saved.
asm(R"(
.text
.hidden lgc_switch_stack
.globl lgc_switch_stack
.type lgc_switch_stack,@function
lgc_switch_stack:
  endbr64
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size lgc_switch_stack,.-lgc_switch_stack
)");
