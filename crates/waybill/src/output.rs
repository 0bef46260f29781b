//! What a command answers: text for people, one JSON object for programs.

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Where answers go.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    as_json: bool,
}

impl Output {
    pub const fn new(as_json: bool) -> Self {
        Self { as_json }
    }

    /// A line for people; programs do not see it.
    pub fn line(self, text: impl AsRef<str>) {
        if !self.as_json {
            self.text(&format!("{}\n", text.as_ref()));
        }
    }

    /// Text as it is. A reader that went away is no failure.
    pub fn text(self, text: &str) {
        let _ = std::io::stdout().lock().write_all(text.as_bytes());
    }

    /// The answer of the command, for programs.
    pub fn answer(self, answer: &impl Serialize) {
        if self.as_json {
            self.text(&format!("{}\n", serde_json::to_string(answer).unwrap_or_default()));
        }
    }

    pub const fn is_json(self) -> bool {
        self.as_json
    }

    /// Shows how far something is: a bar on a terminal, a line now and then elsewhere, nothing for programs.
    pub fn progress(self, what: &str, unit: &'static str) -> Progress {
        let shown = if self.as_json {
            Shown::Nothing
        } else if std::io::stderr().is_terminal() {
            let template = format!("{what} [{{bar:32}}] {{human_pos}}/{{human_len}} {unit}, {{per_sec}}, {{eta}} left");
            let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
            Shown::Bar(ProgressBar::new(0).with_style(style.progress_chars("=> ")))
        } else {
            Shown::Lines { what: what.to_owned(), unit, said: Instant::now() }
        };
        Progress { shown }
    }
}

/// How often a line says how far it is.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// How far something is.
#[derive(Debug)]
pub struct Progress {
    shown: Shown,
}

#[derive(Debug)]
enum Shown {
    Nothing,
    Bar(ProgressBar),
    Lines { what: String, unit: &'static str, said: Instant },
}

impl Progress {
    pub fn at(&mut self, done: u64, of: u64) {
        match &mut self.shown {
            Shown::Nothing => {}
            Shown::Bar(bar) => {
                bar.set_length(of.max(done));
                bar.set_position(done);
            }
            Shown::Lines { what, unit, said } => {
                if said.elapsed() >= LINE_EVERY {
                    *said = Instant::now();
                    eprintln!("{what}: {done} of {of} {unit}");
                }
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}
