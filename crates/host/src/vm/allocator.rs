//! The guest's allocator, as a runtime keeps it beside its store's other handles.

use super::error::{HostFault, VmError};

/// The guest's allocator: a runtime's handle `F`, taken out while it runs. That saves cloning the handle, and shows a call
/// from within the allocator for what it is.
#[derive(Debug)]
pub enum Allocator<F> {
    /// The module exports none.
    Missing,
    /// It can be called.
    Idle(F),
    /// It runs: the handle is on the stack of the host function that called it.
    Running,
}

impl<F> Allocator<F> {
    /// Takes the handle, to be given back with [`finish`](Self::finish) when the call has ended, well or not.
    ///
    /// # Errors
    ///
    /// [`HostFault::NoAllocator`] if there is none, [`HostFault::Reentry`] if it runs already.
    pub fn begin(&mut self) -> Result<F, VmError> {
        match std::mem::replace(self, Self::Running) {
            Self::Idle(handle) => Ok(handle),
            Self::Running => Err(VmError::host(HostFault::Reentry)),
            Self::Missing => {
                *self = Self::Missing;
                Err(VmError::host(HostFault::NoAllocator))
            }
        }
    }

    /// Gives the handle back.
    pub fn finish(&mut self, handle: F) {
        *self = Self::Idle(handle);
    }
}

impl<F> From<Option<F>> for Allocator<F> {
    fn from(handle: Option<F>) -> Self {
        handle.map_or(Self::Missing, Self::Idle)
    }
}

#[cfg(test)]
mod tests {
    use super::Allocator;
    use crate::vm::{HostFault, VmErrorKind};

    #[test]
    fn it_is_called_once_at_a_time() {
        let mut allocator = Allocator::from(Some("handle"));
        let handle = allocator.begin().unwrap();
        assert_eq!(allocator.begin().unwrap_err().kind(), VmErrorKind::Host(HostFault::Reentry));
        allocator.finish(handle);
        assert!(allocator.begin().is_ok());
    }

    #[test]
    fn a_missing_one_stays_missing() {
        let mut allocator = Allocator::<()>::from(None);
        for _ in 0..2 {
            assert_eq!(allocator.begin().unwrap_err().kind(), VmErrorKind::Host(HostFault::NoAllocator));
        }
    }
}
