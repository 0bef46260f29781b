//! Which pages of the database checkpoints write, while somebody copies its file.
//!
//! Only checkpoints write to the file; commits append to the log beside it. Whoever copies the file can therefore go on
//! while the store is used: what was touched meanwhile is copied again, until little is left.

use crate::checkpoint::Log;
use crate::owner::beside;
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The log's header and that of a frame (sqlite.org/fileformat2.html, 4.1), in bytes.
const LOG_HEADER: u64 = 32;
const FRAME_HEADER: u64 = 24;

/// Where every checkpoint of the process passes.
#[derive(Debug)]
pub struct Touched {
    log: PathBuf,
    page_bytes: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Numbers of pages, from 1; None while nobody asks.
    pages: Option<BTreeSet<u32>>,
    /// Checkpoints leave the file as it is while its last pages are copied.
    is_paused: bool,
    /// The log started over before it was read.
    is_lost: bool,
}

impl Touched {
    pub fn new(store: &Path, page_bytes: u64) -> Self {
        Self { log: beside(store, "-wal"), page_bytes, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on every page that a checkpoint writes is noted. Waits for one that is under way.
    pub fn begin(&self) {
        *self.state() = State { pages: Some(BTreeSet::new()), ..State::default() };
    }

    /// What was noted since, and begins anew; None where something may be missing.
    pub fn take(&self) -> Option<BTreeSet<u32>> {
        let mut state = self.state();
        let pages = state.pages.replace(BTreeSet::new())?;
        (!state.is_lost).then_some(pages)
    }

    /// Nothing is noted any more, and checkpoints go on.
    pub fn end(&self) {
        *self.state() = State::default();
    }

    /// Checkpoints do nothing until [`Touched::end`].
    pub fn pause(&self) {
        self.state().is_paused = true;
    }

    /// A checkpoint, with what it writes noted where somebody asks.
    pub fn checkpoint(&self, connection: &Connection, mode: &str) -> rusqlite::Result<Log> {
        let mut state = self.state();
        if state.is_paused {
            return Log::look(connection);
        }
        if state.pages.is_none() {
            return Log::checkpoint(connection, mode);
        }
        let before = Log::look(connection)?;
        let began = self.salt();
        let known = self.frames(before.copied, before.pages);
        let after = Log::checkpoint(connection, mode)?;
        let late = match (began, self.salt()) {
            // What was appended meanwhile may have been copied too.
            (Ok(began), Ok(ended)) if began == ended => self.frames(before.pages, after.copied),
            // It started over behind this checkpoint, which had to have all of it for that.
            (Ok(_), Ok(_)) if before.left() > 0 && after.copied <= before.pages => Ok(Vec::new()),
            // It had started over before, and cannot have again.
            (Ok(_), Ok(_)) if before.left() == 0 && after.left() > 0 => self.frames(0, after.copied),
            _ => Err(io::ErrorKind::Other.into()),
        };
        match (known, late) {
            (Ok(known), Ok(late)) => state.pages.get_or_insert_default().extend(known.into_iter().chain(late)),
            _ => state.is_lost = true,
        }
        Ok(after)
    }

    /// The pages of the frames behind the first `from`, up to the first `to`.
    fn frames(&self, from: i64, to: i64) -> io::Result<Vec<u32>> {
        if to <= from {
            return Ok(Vec::new());
        }
        let mut log = File::open(&self.log)?;
        let mut pages = Vec::with_capacity(usize::try_from(to - from).unwrap_or_default());
        for frame in from..to {
            let at = LOG_HEADER + frame.cast_unsigned() * (FRAME_HEADER + self.page_bytes);
            log.seek(SeekFrom::Start(at))?;
            let mut number = [0; 4];
            log.read_exact(&mut number)?;
            pages.push(u32::from_be_bytes(number));
        }
        Ok(pages)
    }

    /// Another one each time the log starts over.
    fn salt(&self) -> io::Result<[u8; 8]> {
        let mut header = [0; LOG_HEADER as usize];
        match File::open(&self.log)?.read_exact(&mut header) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok([0; 8]),
            read => read.map(|()| {
                let mut salt = [0; 8];
                salt.copy_from_slice(&header[16..24]);
                salt
            }),
        }
    }
}
