#!/usr/bin/env bash
# Builds the plugin.wasm of an example from its plugin/, always to the same bytes.
#
#   rebuild.sh EXAMPLE            build; replace plugin.wasm, plugin.wasm.sha256 and plugin.wasm.rustc
#   rebuild.sh EXAMPLE --check    build elsewhere and compare; changes nothing in the tree
#   rebuild.sh --setup            make a compiler for wasm32-wasip1 available, then stop
#
# EXAMPLE is a folder with a plugin/ in it, seen from here: auth, or ../benches/work.
#
# The bytes depend on the compiler, so plugin.wasm.rustc names the one that was used. Where another one is at hand,
# --check still builds, but does not compare, and says so.
#
# Exit status: 0 done, 2 wrong usage, 3 no compiler for wasm32-wasip1 here, anything else failed or different.
set -euo pipefail
shopt -s inherit_errexit

target=wasm32-wasip1
example=
if [ "${1-}" != --setup ]; then
  example=${1-}
  shift || true
fi
examples=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
here=$examples/$example
if ! [ -d "$here" ]; then here=$examples; fi
cd "$here"
# The plugin's own name.
name=$(basename "$example")
if [ -n "$example" ] && ! [ -f plugin/Cargo.toml ]; then
  echo "rebuild.sh: there is no example $example with a plugin/Cargo.toml" >&2
  exit 2
fi

usage() {
  sed -n '4,6p' "$examples/rebuild.sh" | sed 's/^# *//' >&2
  exit 2
}

# ---- Finding a compiler ------------------------------------------------------------------------------------------------

# Is the standard library for the target installed beside this rustc?
has_target() {
  local libdir
  libdir=$("$1" --print target-libdir --target "$target" 2>/dev/null) && compgen -G "$libdir/libstd-*.rlib" >/dev/null
}

version_of() { "$1" --version; }

# Sets $rustc and $cargo. The compiler that made plugin.wasm is best, then the one on the PATH, then the system's.
find_compiler() {
  local candidate
  rustc=
  for candidate in "$(command -v rustc || true)" /usr/bin/rustc; do
    if ! [ -x "$candidate" ] || ! has_target "$candidate"; then continue; fi
    if [ -z "$rustc" ] || made_plugin "$candidate"; then rustc=$candidate; fi
    if made_plugin "$rustc"; then break; fi
  done
  if [ -z "$rustc" ]; then return 1; fi
  cargo=$(dirname "$rustc")/cargo
  if ! [ -x "$cargo" ]; then cargo=$(command -v cargo); fi
}

made_plugin() { [ -f plugin.wasm.rustc ] && [ "$(version_of "$1")" = "$(<plugin.wasm.rustc)" ]; }

setup_with_rustup() { command -v rustup >/dev/null && rustup target add "$target"; }

# Debian and its relatives have no package with this target's standard library, but they have its source: build it
# and put it beside the rustc of the package rustc-web. About two minutes.
setup_with_apt() {
  command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || return 1
  apt-get install -y -qq rustc-web cargo-web rust-web-src lld wasi-libc >/dev/null
  local build sysroot=/usr/lib/rustlib
  build=$(mktemp -d)
  mkdir "$build/src"
  printf '[package]\nname = "seed"\nversion = "0.0.0"\nedition = "2021"\n[profile.release]\npanic = "abort"\n' >"$build/Cargo.toml"
  : >"$build/src/lib.rs"
  (
    cd "$build"
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes CARGO_TARGET_DIR="$build/target" \
      /usr/bin/cargo build --release --target "$target" -Zbuild-std=std,panic_abort
  )
  mkdir -p "$sysroot/$target/lib/self-contained"
  rm -f "$sysroot/$target/lib/"*.rlib
  cp "$build/target/$target/release/deps/"*.rlib "$sysroot/$target/lib/"
  rm -f "$sysroot/$target/lib/"libseed-*
  cp /usr/lib/wasm32-wasi/crt1*.o /usr/lib/wasm32-wasi/libc.a "$sysroot/$target/lib/self-contained/"
  # rustc calls its linker for wasm `rust-lld`; Debian's lld is the same program.
  mkdir -p "$sysroot/x86_64-unknown-linux-gnu/bin"
  ln -sf /usr/bin/lld "$sysroot/x86_64-unknown-linux-gnu/bin/rust-lld"
  rm -rf "$build"
}

no_compiler() {
  echo "rebuild.sh: no Rust compiler for $target here. Try: rustup target add $target, or rebuild.sh --setup" >&2
  exit 3
}

# ---- Building ----------------------------------------------------------------------------------------------------------

# Builds into the directory $1 and prints where the module is. Nothing of this machine may reach the module: the paths
# of the sources would, in the messages of panics, so they are given other names.
build_into() {
  local cargo_home=${CARGO_HOME:-$HOME/.cargo} flags registry
  env -u RUSTFLAGS RUSTC="$rustc" "$cargo" fetch --locked --quiet --manifest-path plugin/Cargo.toml
  flags="--remap-path-prefix=$PWD/plugin=/$name"
  for registry in "$cargo_home"/registry/src/*; do
    flags+=$'\x1f'"--remap-path-prefix=$registry=/registry"
  done
  env -u RUSTFLAGS -u RUSTC_WRAPPER -u RUSTC_WORKSPACE_WRAPPER RUSTC="$rustc" CARGO_ENCODED_RUSTFLAGS="$flags" CARGO_TARGET_DIR="$1" \
    "$cargo" build --release --locked --offline --quiet --target "$target" --manifest-path plugin/Cargo.toml
  echo "$1/$target/release/$name.wasm"
}

checksum_of() { sha256sum "$1" | cut -d' ' -f1; }

# ---- Commands ----------------------------------------------------------------------------------------------------------

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

case "${1-}" in
--setup)
  find_compiler || setup_with_rustup || setup_with_apt || no_compiler
  find_compiler || no_compiler
  echo "ready: $(version_of "$rustc")"
  ;;
--check)
  # This much can be said without any compiler.
  sha256sum --check --quiet plugin.wasm.sha256
  find_compiler || { setup_with_rustup && find_compiler; } || no_compiler
  built=$(build_into "$scratch")
  if ! made_plugin "$rustc"; then
    echo "built, but not compared: plugin.wasm was made by $(<plugin.wasm.rustc), this is $(version_of "$rustc")"
  elif [ "$(checksum_of "$built")" = "$(checksum_of plugin.wasm)" ]; then
    echo "plugin.wasm is what $(version_of "$rustc") makes of plugin/"
  else
    echo "plugin.wasm differs from what $(version_of "$rustc") makes of plugin/; run examples/rebuild.sh $example" >&2
    exit 1
  fi
  ;;
"")
  if [ -z "$example" ]; then usage; fi
  find_compiler || { setup_with_rustup && find_compiler; } || no_compiler
  built=$(build_into "$scratch")
  cp "$built" plugin.wasm
  chmod 644 plugin.wasm
  sha256sum plugin.wasm >plugin.wasm.sha256
  version_of "$rustc" >plugin.wasm.rustc
  echo "plugin.wasm: $(wc -c <plugin.wasm) bytes, by $(version_of "$rustc")"
  ;;
*) usage ;;
esac
