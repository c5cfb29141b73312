//! A plugin that traps in a request, with its debugging information:
//! `rustc --edition 2024 --target wasm32-wasip1 --crate-type cdylib -g -C opt-level=1 -C panic=abort trap.rs -o trap.wasm`
#![no_std]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

#[unsafe(no_mangle)]
extern "C" fn proxy_abi_version_0_2_1() {}

#[unsafe(no_mangle)]
extern "C" fn malloc(_: u32) -> u32 {
    0
}

#[inline(never)]
fn innermost(number: u32) -> u32 {
    if number != 7 {
        core::arch::wasm32::unreachable();
    }
    number
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_headers(context: u32, _: u32, _: u32) -> u32 {
    innermost(context + 100) + 1
}
