//! What the last panic on this thread said: the engine ends the process's writing with it, the auditor wants to know.

use std::cell::RefCell;

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// From here on panics are kept for the run that they end, in place of being printed.
pub fn keep_panics() {
    std::panic::set_hook(Box::new(|panic| LAST.with(|last| *last.borrow_mut() = Some(panic.to_string()))));
}

pub(crate) fn last() -> Option<String> {
    LAST.with(RefCell::take)
}
