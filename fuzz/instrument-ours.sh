#!/usr/bin/env bash
# A RUSTC_WRAPPER: our crates with AddressSanitizer and libFuzzer's counters, all others as they are.
#
# The engines take long to compile with both, and run code of their own making, of which a sanitizer sees nothing. What is
# ours around them, the `unsafe` of the runtime crates included, is looked after all the same.
if [[ "${CARGO_PKG_NAME-}" == tollgate* && "$*" != *"--crate-type proc-macro"* && "$*" != *build_script_build* ]]; then
  set -- "$@" -Zsanitizer=address --cfg fuzzing -Cdebug-assertions -Ccodegen-units=1 -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares
fi
exec "$@"
