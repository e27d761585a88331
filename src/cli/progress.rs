//! Progress on standard error: a bar on a terminal, silence elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{load::Step, words};

/// How far a command has come through its inputs.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Nothing read yet of `bytes`; `None`: nobody knows how many there are.
    pub fn start(verb: &'static str, bytes: Option<u64>) -> Progress {
        let bar = ProgressBar::with_draw_target(bytes, ProgressDrawTarget::stderr());
        let template = match bytes {
            Some(_) => "{prefix} {bar:30} {percent:>3} %  {msg}  {elapsed}",
            None => "{prefix} {spinner}  {msg}  {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("█▌ "));
        }
        bar.set_prefix(verb);
        Progress { bar }
    }

    /// So many bytes are done, and this is where it stands.
    pub fn advance(&self, bytes: u64, message: String) {
        self.bar.set_position(bytes);
        self.bar.set_message(message);
    }

    /// A commit of a load is durable.
    pub fn show(&self, step: &Step<'_>) {
        let lines = words::count(step.loaded.lines, "line", "lines");
        self.advance(step.bytes_read, format!("{lines}, {} new", words::thousands(step.loaded.new)));
    }
}

impl Drop for Progress {
    /// The bar goes when the command is done, so that its last line stands alone.
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
