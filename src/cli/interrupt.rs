//! Ctrl-C ends work in an orderly way: what was found or done so far is kept.

use tokio_util::sync::CancellationToken;

/// A token that is cancelled by an interrupt, and the task that listens for it.
pub(super) fn stop_on_interrupt() -> (CancellationToken, tokio::task::JoinHandle<()>) {
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let listener = tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.cancel();
        }
    });
    (cancel, listener)
}
