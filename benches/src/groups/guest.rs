//! `guest`: the guest works and calls no host function, so that what differs is how an engine runs code.
//!
//! The subject `native` is the same source compiled for this machine. The way into the guest and back is that of
//! `callback/body`, and next to nothing here.

use crate::case::Run;
use crate::host::Chain;
use crate::work::Work;
use crate::{Case, guests, host};
use tollgate_host::vm::{Runtime, VmError};
use tollgate_testkit::native::{NativeGuest, NativePlugin};

const GROUP: &str = "guest";

/// The cases.
pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (scenario, work) in Work::ALL {
        for runtime in host::subjects(move || Box::new(NativeWork(work))) {
            let name = runtime.name();
            cases.push(Case::new(GROUP, scenario, name, move || run(&*runtime, scenario)));
        }
    }
    cases
}

fn run(runtime: &dyn Runtime, work: &'static str) -> Run {
    Chain::configured(runtime, guests::WORK, work).bodies()
}

/// The same without WebAssembly.
struct NativeWork(Work);

impl NativePlugin for NativeWork {
    fn on_configure(&mut self, _: &mut NativeGuest, _: i32, _: i32) -> Result<Option<i32>, VmError> {
        Ok(Some(1))
    }

    fn on_request_body(&mut self, _: &mut NativeGuest, _: i32, _: i32, _: i32) -> Result<Option<i32>, VmError> {
        self.0.run();
        Ok(Some(0))
    }
}
