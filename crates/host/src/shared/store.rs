//! Values that are kept outside of the process, for VMs of several proxies.

use bytes::Bytes;
use std::fmt;
use std::time::Duration;

/// Keeps the values that VMs share, in the place of this process: [`Shared::with_store`](super::Shared::with_store).
///
/// Guests wait for each call, and with a guest its thread: a store has to bound that, for a whole callback. It may be called from
/// all threads at once.
pub trait Store: fmt::Debug + Send + Sync {
    /// A value and its number, which is never 0. `waited` is for how long the guest's callback has waited for the store before;
    /// what this call takes is added.
    ///
    /// # Errors
    ///
    /// [`Unavailable`], which the guest is told as `INTERNAL_FAILURE`.
    fn value(&self, space: Space<'_>, key: &[u8], waited: &mut Duration) -> Result<Option<(Bytes, u32)>, Unavailable>;

    /// Stores a value with a number that the key's value has not had, and never 0, unless the key has a value with another number
    /// than `expected`; 0 expects nothing, and a key without a value takes any. This is one step: no other call comes in between.
    ///
    /// # Errors
    ///
    /// [`Unstored`]; then nothing has changed, but for [`Unstored::Unavailable`], after which it may have.
    fn store(
        &self,
        space: Space<'_>,
        key: &[u8],
        value: &[u8],
        expected: u32,
        waited: &mut Duration,
    ) -> Result<(), Unstored>;

    /// Numbers about the store, by name, to be shown with the embedder's own.
    fn numbers(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }
}

/// The values of the VMs with one `vm_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space<'a> {
    /// Whose values they are.
    pub vm_id: &'a str,
    /// For how many bytes they may count, each as its key, its value and [`Quotas::ENTRY`](crate::vm::Quotas::ENTRY). A value may be replaced
    /// by one that is no larger all the same.
    pub most_bytes: u64,
}

/// The store cannot be asked now, or has not answered in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unavailable;

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the store of shared data is not available")
    }
}

impl std::error::Error for Unavailable {}

/// Why a value was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unstored {
    /// The value has another number than expected.
    CasMismatch,
    /// There would be more than [`Space::most_bytes`].
    Full,
    /// The store cannot be asked now, or has not answered in time. The guest is told `INTERNAL_FAILURE`.
    Unavailable,
}

impl From<Unavailable> for Unstored {
    fn from(_: Unavailable) -> Self {
        Self::Unavailable
    }
}
