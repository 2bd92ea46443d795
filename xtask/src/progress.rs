//! A line on the terminal that says which step of a long chore runs, and since when.
//!
//! It is the last line and is written again every second. What programs print in the meantime goes through this program and
//! ends up above it. Where the standard output is not a terminal there is no such line, and programs print as they like.

use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// It is set for programs while the line is shown. They may then print `step 3 of 47: name`, which is shown in the line.
const VARIABLE: &str = "TORCH_EXPORT_STEPS";

/// So many characters fit on a terminal of the usual width. A line that wraps is not written over, but again below itself.
const WIDTH: usize = 79;

/// The line that is shown.
static SHOWN: Mutex<Option<Line>> = Mutex::new(None);

struct Line {
    step: usize,
    steps: usize,
    name: String,
    /// What the program of this step says: `3 of 47: name`.
    inner: Option<String>,
    start: Instant,
}

impl Line {
    fn text(&self, elapsed: Duration) -> String {
        let Self { step, steps, name, inner, .. } = self;
        let inner = inner.as_ref().map_or_else(String::new, |inner| format!(" ({inner})"));
        let (text, end) = (format!("step {step} of {steps}: {name}{inner}"), format!(", {} s", elapsed.as_secs()));
        let room = WIDTH - end.len();
        if text.chars().count() <= room {
            return text + &end;
        }
        text.chars().take(room - 2).chain("..".chars()).collect::<String>() + &end
    }

    /// Writes it over the last line of the terminal. If the terminal is gone, the work goes on.
    fn draw(&self) {
        let _ = write!(io::stdout(), "\r{}\x1b[K", self.text(self.start.elapsed())).and_then(|()| io::stdout().flush());
    }
}

/// `3 of 47: name` of a line in which a program says how far it is.
fn inner(line: &str) -> Option<&str> {
    let rest = line.trim_end().strip_prefix("step ")?;
    let (numbers, _) = rest.split_once(": ")?;
    let (step, steps) = numbers.split_once(" of ")?;
    (step.parse::<u32>().is_ok() && steps.parse::<u32>().is_ok()).then_some(rest)
}

fn shown() -> MutexGuard<'static, Option<Line>> {
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_terminal() -> bool {
    io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// The steps of a chore.
pub(crate) struct Progress {
    step: usize,
    steps: usize,
}

impl Progress {
    pub(crate) fn of(steps: usize) -> Self {
        Self { step: 0, steps }
    }

    /// Does the next step. Its line stays there when it is done.
    pub(crate) fn step<R>(&mut self, name: &str, work: impl FnOnce() -> R) -> R {
        self.step += 1;
        if !is_terminal() {
            return work();
        }
        let line =
            Line { step: self.step, steps: self.steps, name: name.to_owned(), inner: None, start: Instant::now() };
        line.draw();
        *shown() = Some(line);
        let (end, ended) = channel::<()>();
        let result = thread::scope(|scope| {
            // Dropped when the work is over, however it ends.
            let _end = end;
            scope.spawn(move || {
                while ended.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                    if let Some(line) = &*shown() {
                        line.draw();
                    }
                }
            });
            work()
        });
        if let Some(line) = shown().take() {
            Line { inner: None, ..line }.draw();
            println!();
        }
        result
    }

    /// Does the next step, in which pip draws a bar of its own: two lines that are both written again would overwrite each
    /// other, so this one is written before and after it only.
    pub(crate) fn step_of_pip<R>(&mut self, name: &str, work: impl FnOnce() -> R) -> R {
        self.step += 1;
        let line =
            Line { step: self.step, steps: self.steps, name: name.to_owned(), inner: None, start: Instant::now() };
        let tell = || {
            if is_terminal() {
                println!("{}", line.text(line.start.elapsed()));
            }
        };
        tell();
        let result = work();
        tell();
        result
    }
}

/// Prints a line to the standard error, above the line that is shown.
pub(crate) fn say(text: &str) {
    above(&mut io::stderr(), text.as_bytes());
}

fn above(to: &mut dyn Write, text: &[u8]) {
    let line = shown();
    if line.is_some() {
        let _ = write!(io::stdout(), "\r\x1b[K").and_then(|()| io::stdout().flush());
    }
    let end: &[u8] = if text.ends_with(b"\n") { b"" } else { b"\n" };
    let _ = to.write_all(&[text, end].concat()).and_then(|()| to.flush());
    if let Some(line) = &*line {
        line.draw();
    }
}

/// Passes on what a program prints, line by line.
fn pass_on(from: Option<impl Read>, to: &mut dyn Write) {
    let Some(mut from) = from.map(BufReader::new) else { return };
    let mut bytes = Vec::new();
    while from.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
        match inner(&String::from_utf8_lossy(&bytes)) {
            Some(inner) => {
                if let Some(line) = &mut *shown() {
                    line.inner = Some(inner.to_owned());
                    line.draw();
                }
            }
            None => above(to, &bytes),
        }
        bytes.clear();
    }
}

/// Prepares a program to print above the line; false if there is none.
fn prepare(command: &mut Command) -> bool {
    if shown().is_none() {
        return false;
    }
    // Through a pipe Python would keep its lines back, and Cargo would print without colours.
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).env(VARIABLE, "1").env("PYTHONUNBUFFERED", "1");
    if io::stderr().is_terminal() && std::env::var_os("CARGO_TERM_COLOR").is_none() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    true
}

/// Runs a program. What it prints is above the line that is shown.
pub(crate) fn status(command: &mut Command) -> io::Result<ExitStatus> {
    if !prepare(command) {
        return command.status();
    }
    let mut child = command.spawn()?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        scope.spawn(|| pass_on(err, &mut io::stderr()));
        pass_on(out, &mut io::stdout());
    });
    child.wait()
}

/// Runs a program and reads what it prints. Its standard error is above the line that is shown.
pub(crate) fn output(command: &mut Command) -> io::Result<Output> {
    if !prepare(command) {
        return command.stderr(Stdio::inherit()).output();
    }
    let mut child = command.spawn()?;
    let err = child.stderr.take();
    thread::scope(|scope| {
        scope.spawn(|| pass_on(err, &mut io::stderr()));
        child.wait_with_output()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, inner: Option<&str>) -> Line {
        Line { step: 2, steps: 8, name: name.to_owned(), inner: inner.map(str::to_owned), start: Instant::now() }
    }

    #[test]
    fn a_line_has_the_step_its_name_and_the_seconds() {
        let after = |seconds| line("conformance_shapes", None).text(Duration::from_millis(seconds));
        assert_eq!(after(0), "step 2 of 8: conformance_shapes, 0 s");
        assert_eq!(after(72_900), "step 2 of 8: conformance_shapes, 72 s");
        let text = line("all models", Some("3 of 47: export gpt2")).text(Duration::from_secs(5));
        assert_eq!(text, "step 2 of 8: all models (3 of 47: export gpt2), 5 s");
    }

    #[test]
    fn a_line_fits_on_a_terminal_whatever_its_name_is() {
        for name in ["n".repeat(60), "n".repeat(61), "n".repeat(62), "n".repeat(63), "é".repeat(300)] {
            let text = line(&name, None).text(Duration::from_secs(12));
            assert!(text.chars().count() <= WIDTH && text.ends_with(", 12 s"), "{text}");
            let whole = format!("step 2 of 8: {name}, 12 s");
            assert_eq!(text == whole, whole.chars().count() <= WIDTH, "{text}");
        }
    }

    #[test]
    fn what_a_program_says_of_its_steps_is_told_from_what_it_prints() {
        assert_eq!(inner("step 3 of 47: export gpt2\n"), Some("3 of 47: export gpt2"));
        for other in ["", "step", "step 3: a", "step a of b: c", "step 3 of 47", "ok   gpt2: step 3 of 47: a"] {
            assert_eq!(inner(other), None, "{other}");
        }
    }
}
