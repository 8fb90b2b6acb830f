//! Saving how far a run is, on a thread of its own: the work need not wait for the disk.

use std::sync::mpsc::{self, Receiver, SyncSender, TryRecvError};
use std::thread::{Scope, ScopedJoinHandle};

use super::Stop;
use super::journal::{Checkpoint, Journal};
use super::layout::Unsettled;
use super::store::Store;

/// Saves one checkpoint at a time.
pub(super) struct Saver<'scope> {
    give: SyncSender<(Checkpoint, Unsettled)>,
    saved: Receiver<Result<(), Stop>>,
    thread: ScopedJoinHandle<'scope, Journal>,
    is_busy: bool,
}

impl<'scope> Saver<'scope> {
    /// Starts the thread, which ends when this is dropped.
    pub fn new<'env>(scope: &'scope Scope<'scope, 'env>, store: &'scope Store, mut journal: Journal) -> Self {
        let (give, take) = mpsc::sync_channel::<(Checkpoint, Unsettled)>(1);
        let (tell, saved) = mpsc::sync_channel(1);
        let thread = scope.spawn(move || {
            for (checkpoint, unsettled) in take {
                let result = unsettled.settle(store).and_then(|()| journal.add(&checkpoint));
                if result.is_ok() {
                    unsettled.tidy();
                }
                if tell.send(result).is_err() {
                    break;
                }
            }
            journal
        });
        Self { give, saved, thread, is_busy: false }
    }

    /// True if it can take a checkpoint. Fails if the one before could not be saved.
    pub fn is_free(&mut self) -> Result<bool, Stop> {
        match self.saved.try_recv() {
            Ok(result) => {
                self.is_busy = false;
                result?;
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => {}
        }
        Ok(!self.is_busy)
    }

    /// Begins to save. It must be free.
    pub fn begin(&mut self, checkpoint: Checkpoint, unsettled: Unsettled) {
        // It fails only if the thread is gone, and then `wait` tells.
        self.is_busy = self.give.send((checkpoint, unsettled)).is_ok();
    }

    /// Waits until what was begun is saved.
    pub fn wait(&mut self) -> Result<(), Stop> {
        if !self.is_busy {
            return Ok(());
        }
        self.is_busy = false;
        self.saved.recv().unwrap_or_else(|_| Err(gone()))
    }

    /// Ends the thread and gives the journal back.
    pub fn end(self) -> Result<Journal, Stop> {
        drop((self.give, self.saved));
        self.thread.join().map_err(|_| gone())
    }
}

fn gone() -> Stop {
    Stop::Output("the journal was not written; try again with --resume".to_owned())
}
