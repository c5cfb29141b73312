//! The program's allocator: mimalloc, and the system's for what is large.
//!
//! mimalloc is fast at the many small values that a request is made of. What is large, it moves by copying when it grows:
//! nobody interrupts that, and the 64 MiB of an interpreted guest's memory keep a worker for up to a tenth of a second. The
//! systems' allocators give large blocks new addresses instead.
//!
//! A crate of its own, since it cannot be had without `unsafe`, and not a part of any library: who embeds one has an allocator.

#![deny(unsafe_code, clippy::undocumented_unsafe_blocks)]

use mimalloc::MiMalloc;
use std::alloc::{GlobalAlloc, Layout, System};

/// Bytes from which a block is the system's. Buffers of bodies and of connections are below it by default.
pub const LARGE: usize = 4 * 1024 * 1024;

/// The allocator. A block belongs to one of two, and its size says to which.
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: tollgate_allocator::Allocator = tollgate_allocator::Allocator;
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Allocator;

const fn is_large(size: usize) -> bool {
    size >= LARGE
}

#[expect(unsafe_code, reason = "allocators are unsafe to write and to call")]
// SAFETY: `System` and `MiMalloc` are allocators that keep the contract of the trait, and each gets back only what it gave: which
// of them has a block follows from the size in its layout, which callers pass as it was when the block was made or last resized,
// and a block whose new size is the other's is made anew there.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise about the layout is passed on.
        unsafe { if is_large(layout.size()) { System.alloc(layout) } else { MiMalloc.alloc(layout) } }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { if is_large(layout.size()) { System.alloc_zeroed(layout) } else { MiMalloc.alloc_zeroed(layout) } }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block was given for this layout, by the allocator that its size leads to.
        unsafe { if is_large(layout.size()) { System.dealloc(block, layout) } else { MiMalloc.dealloc(block, layout) } }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        match (is_large(layout.size()), is_large(new_size)) {
            // SAFETY: both sizes are of the allocator that gave the block.
            (false, false) => unsafe { MiMalloc.realloc(block, layout, new_size) },
            // SAFETY: as above.
            (true, true) => unsafe { System.realloc(block, layout, new_size) },
            // SAFETY: the caller's promises are passed on.
            _ => unsafe { self.change_owner(block, layout, new_size) },
        }
    }
}

impl Allocator {
    /// What has passed the limit between the two, in either direction, is copied.
    ///
    /// # Safety
    ///
    /// As of [`GlobalAlloc::realloc`].
    #[cold]
    #[expect(unsafe_code, reason = "a part of `realloc`")]
    unsafe fn change_owner(self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: callers of `realloc` promise that the new size, rounded up to the alignment, is no more than `isize::MAX`, and
        // the alignment is of a layout already.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        // SAFETY: one of the two sizes is large and callers do not ask for a size of 0, so neither is.
        let new_block = unsafe { self.alloc(new_layout) };
        if !new_block.is_null() {
            // SAFETY: the new block is not the old one, and each has at least as many bytes as are copied.
            unsafe { block.copy_to_nonoverlapping(new_block, layout.size().min(new_size)) };
            // SAFETY: the old block was given for this layout, and nobody uses it from here on.
            unsafe { self.dealloc(block, layout) };
        }
        new_block
    }
}

#[cfg(test)]
mod tests {
    use super::{Allocator, LARGE};
    use std::time::Instant;

    /// All that this test program allocates goes this way.
    #[global_allocator]
    static ALLOCATOR: Allocator = Allocator;

    fn numbered(len: usize) -> Vec<u8> {
        (0..len).map(|i| (i / 7) as u8).collect()
    }

    #[test]
    fn what_a_block_holds_stays_as_it_grows_and_shrinks_across_the_limit() {
        let sizes = [1, LARGE - 1, LARGE, LARGE + 1, 3 * LARGE, 2 * LARGE, LARGE, LARGE - 1, 5 * LARGE, 9];
        let mut block = Vec::new();
        for size in sizes {
            block.truncate(size);
            let kept = block.len();
            block.shrink_to_fit();
            block.reserve_exact(size - kept);
            block.extend_from_slice(&numbered(size)[kept..]);
            assert!(block == numbered(size), "{size}");
        }
    }

    #[test]
    fn zeroes_are_zeroes_on_both_sides() {
        for size in [64, LARGE - 1, LARGE, 4 * LARGE] {
            drop(vec![0xff_u8; size]);
            assert!(vec![0_u8; size].iter().all(|byte| *byte == 0), "{size}");
        }
    }

    #[test]
    fn an_alignment_holds_on_both_sides() {
        #[derive(Clone, Copy)]
        #[repr(align(4096))]
        struct Page(#[expect(dead_code, reason = "it is there for its size")] [u8; 4096]);
        for pages in [1, LARGE / 4096 - 1, LARGE / 4096, 2 * LARGE / 4096] {
            let mut block = vec![Page([1; 4096]); pages];
            block.push(Page([2; 4096]));
            assert!(block.as_ptr().is_aligned(), "{pages}");
        }
    }

    /// Growing must not cost what copying does: the ratio is taken within one run, of the best of several.
    #[test]
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    fn a_large_block_grows_without_being_copied() {
        let (mut grown, mut copied) = (f64::MAX, f64::MAX);
        for _ in 0..5 {
            let mut block = vec![1_u8; 64 * 1024 * 1024];
            let start = Instant::now();
            block.reserve_exact(64 * 1024 * 1024);
            grown = grown.min(start.elapsed().as_secs_f64());
            let start = Instant::now();
            let copy = block.clone();
            copied = copied.min(start.elapsed().as_secs_f64());
            drop(copy);
        }
        assert!(grown < copied / 2.0, "growing took {grown} s, a copy {copied} s");
    }
}
