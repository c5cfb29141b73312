//! The embedder's random bytes, for the blinding of RSA and the nonces of ECDSA.

use rsa::rand_core::{CryptoRng, Error, RngCore, impls};
use std::rc::Rc;
use tollgate_host::services::Random;

/// A source of random bytes fit for keys, as [`Random`] promises.
pub(super) struct Source(pub(super) Rc<dyn Random>);

impl RngCore for Source {
    fn next_u32(&mut self) -> u32 {
        impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, buffer: &mut [u8]) {
        self.0.fill(buffer);
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(buffer);
        Ok(())
    }
}

impl CryptoRng for Source {}
