//! How far a listener, and with it each of its connections, is on its way to the end.

use tokio::sync::watch;

/// A phase of a listener's life, in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// It accepts connections.
    #[default]
    Serving,
    /// It accepts none; those that there are end when they are at rest and their clients have had time to learn of it.
    Draining,
    /// The process stops: nobody waits for clients that are at rest.
    Stopping,
}

impl Phase {
    /// Waits until a phase is reached. Whoever could tell is gone only when the process stops.
    pub(crate) async fn reached(phase: &mut watch::Receiver<Self>, wanted: Self) {
        let _ = phase.wait_for(|phase| *phase >= wanted).await;
    }
}
