//! Showing how far a batch is: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ooievaar::batch::{Input, Progress, counted};

use super::say;

/// How often a line is printed where there is no terminal.
const LINE: Duration = Duration::from_secs(10);

/// How often a bar is drawn.
const DRAW: Duration = Duration::from_millis(100);

/// Shows progress.
pub enum Meter {
    /// Nothing.
    Quiet,
    /// A bar.
    Bar {
        /// The bar.
        bar: ProgressBar,
        /// When it was last moved.
        drawn: Instant,
    },
    /// Lines.
    Lines {
        /// When the last was printed.
        printed: Instant,
    },
}

impl Meter {
    /// Chooses by what standard error is.
    pub fn new(inputs: &[Input], quiet: bool) -> Self {
        if quiet {
            return Self::Quiet;
        }
        if !std::io::stderr().is_terminal() {
            return Self::Lines { printed: Instant::now() };
        }
        // Only a bar needs to know how much there is.
        let total: Option<u64> = inputs.iter().map(Input::size).sum();
        let (bar, template) = match total {
            Some(total) => (
                ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr()),
                "{bar:30} {percent:>3}%  {binary_bytes_per_sec}  {eta} left  {msg}",
            ),
            None => (ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()), "{spinner} {elapsed}  {msg}"),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self::Bar { bar, drawn: Instant::now() }
    }

    /// Shows it, if it is time.
    pub fn show(&mut self, progress: &Progress<'_>) {
        let tally = progress.tally;
        match self {
            Self::Quiet => {}
            Self::Bar { bar, drawn } => {
                if drawn.elapsed() >= DRAW {
                    bar.set_position(progress.consumed);
                    bar.set_message(format!("{}, {} failed", counted(tally.messages, "message"), tally.failed));
                    *drawn = Instant::now();
                }
            }
            Self::Lines { printed } => {
                if printed.elapsed() >= LINE {
                    let (messages, failed) = (tally.messages, tally.failed);
                    let messages = counted(messages, "message");
                    say(format_args!("{messages}, {failed} failed, {} read", counted(progress.consumed, "byte")));
                    *printed = Instant::now();
                }
            }
        }
    }

    /// Takes the bar away.
    pub fn end(&self) {
        if let Self::Bar { bar, .. } = self {
            bar.finish_and_clear();
        }
    }
}
