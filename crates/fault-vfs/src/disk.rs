//! A disk in memory and what can go wrong with it.

use crate::dice::Dice;
use crate::file::File;
use crate::locks::{Holder, Locks};
use crate::vfs;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutKind {
    /// The process: the system still has everything that was written.
    Process,
    /// The power: what was not synced is lost, in part, or torn.
    Power,
}

/// An end to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    pub kind: CutKind,
    /// How many changes (writes, truncations, syncs) from now.
    pub changes: u32,
    /// Whether the last of them is still done.
    pub after: bool,
}

/// Where an end came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    LogWrite,
    LogSync,
    DataWrite,
    DataSync,
    /// Between changes.
    Idle,
}

/// What a disk did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub writes: u64,
    pub syncs: u64,
    pub refused_full: u64,
    pub failed_syncs: u64,
}

/// A disk of its own. Clones share it; its files end with the last clone.
#[derive(Clone)]
pub struct Disk(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) id: u64,
    state: Mutex<State>,
}

type Hook = Arc<dyn Fn() + Send + Sync>;

pub(crate) struct State {
    pub(crate) files: BTreeMap<String, File>,
    pub(crate) locks: BTreeMap<String, Locks>,
    pub(crate) shared_memory: BTreeMap<String, Arc<vfs::SharedMemory>>,
    /// Handles of an earlier life reach nothing any more.
    pub(crate) life: u64,
    /// The end came, and what kind; nothing works until the restart.
    off: Option<CutKind>,
    cut: Option<Cut>,
    moment: Moment,
    capacity: Option<usize>,
    syncs_to_fail: u32,
    /// Whether a failed sync takes the pages with it.
    forgetful: bool,
    on_sync: Option<Hook>,
    figures: Figures,
    dice: Dice,
    next_holder: Holder,
}

/// Nothing was changed: the reason, as SQLite is told.
pub(crate) enum Failure {
    /// The process or the power is gone.
    Off,
    Full,
    Sync,
}

impl Disk {
    pub fn new(seed: u64) -> Self {
        let state = State {
            files: BTreeMap::new(),
            locks: BTreeMap::new(),
            shared_memory: BTreeMap::new(),
            life: 0,
            off: None,
            cut: None,
            moment: Moment::Idle,
            capacity: None,
            syncs_to_fail: 0,
            forgetful: false,
            on_sync: None,
            figures: Figures::default(),
            dice: Dice::new(seed),
            next_holder: 0,
        };
        let shared = Arc::new(Shared { id: vfs::next_id(), state: Mutex::new(state) });
        vfs::enroll(&shared);
        Self(shared)
    }

    /// The name under which SQLite knows the VFS.
    pub fn vfs(&self) -> &'static str {
        vfs::NAME
    }

    /// The path by which SQLite finds a file of this disk.
    pub fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/{}{}/{name}", vfs::PREFIX, self.0.id))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state()
    }

    /// Plans the end; None takes a plan back.
    pub fn plan(&self, cut: impl Into<Option<Cut>>) {
        self.state().cut = cut.into();
    }

    /// Ends it now.
    pub fn cut(&self, kind: CutKind) {
        let mut state = self.state();
        if state.off.is_none() {
            state.off = Some(kind);
            state.moment = Moment::Idle;
        }
    }

    /// What ended, and where; None while all runs.
    pub fn ended(&self) -> Option<(CutKind, Moment)> {
        let state = self.state();
        state.off.map(|kind| (kind, state.moment))
    }

    /// Starts anew. Open connections reach nothing any more; after a power cut the files are what is left of them.
    pub fn restart(&self) {
        let mut state = self.state();
        let state = &mut *state;
        if state.off.take() == Some(CutKind::Power) {
            let files = std::mem::take(&mut state.files);
            let dice = &mut state.dice;
            let left = files.into_iter().filter_map(|(name, file)| Some((name, file.after_power_cut(dice)?)));
            state.files = left.collect();
        }
        state.cut = None;
        state.life += 1;
        state.locks.clear();
        state.shared_memory.clear();
        state.syncs_to_fail = 0;
    }

    /// Bytes that fit on the disk; None for as many as there is memory. Writing within what is there always works.
    pub fn limit(&self, bytes: Option<usize>) {
        self.state().capacity = bytes;
    }

    /// Bytes in use.
    pub fn used(&self) -> usize {
        self.state().used()
    }

    /// Lets the next syncs fail. A forgetful system then takes the pages for clean and never writes them.
    pub fn fail_syncs(&self, count: u32, forgetful: bool) {
        let mut state = self.state();
        (state.syncs_to_fail, state.forgetful) = (count, forgetful);
    }

    /// Calls `hook` at every sync, so that a slow one can take simulated time.
    pub fn on_sync(&self, hook: impl Fn() + Send + Sync + 'static) {
        self.state().on_sync = Some(Arc::new(hook));
    }

    pub fn figures(&self) -> Figures {
        self.state().figures
    }
}

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Disk").field("id", &self.0.id).finish_non_exhaustive()
    }
}

impl Shared {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    pub(crate) fn is_alive(&self, life: u64) -> bool {
        self.off.is_none() && self.life == life
    }

    pub(crate) const fn is_on(&self) -> bool {
        self.off.is_none()
    }

    pub(crate) fn new_holder(&mut self) -> Holder {
        self.next_holder += 1;
        self.next_holder
    }

    fn used(&self) -> usize {
        self.files.values().map(|file| file.data.len()).sum()
    }

    /// Counts a change towards the planned end. `Some(false)`: the end came and the change is not done; `Some(true)`:
    /// it is done, and nothing after it.
    fn count(&mut self, moment: Moment) -> Option<bool> {
        let cut = self.cut.as_mut()?;
        cut.changes = cut.changes.saturating_sub(1);
        if cut.changes > 0 {
            return None;
        }
        (self.off, self.moment) = (Some(cut.kind), moment);
        Some(cut.after)
    }

    pub(crate) fn write(&mut self, name: &str, offset: usize, bytes: &[u8]) -> Result<(), Failure> {
        let end = self.count(if name.ends_with("-wal") { Moment::LogWrite } else { Moment::DataWrite });
        if end == Some(false) {
            return Err(Failure::Off);
        }
        let length = self.files.get(name).map_or(0, |file| file.data.len());
        let growth = (offset + bytes.len()).saturating_sub(length);
        if growth > 0 && self.capacity.is_some_and(|capacity| self.used() + growth > capacity) {
            self.figures.refused_full += 1;
            return Err(Failure::Full);
        }
        self.figures.writes += 1;
        self.files.entry(name.to_owned()).or_default().write(offset, bytes);
        Ok(())
    }

    pub(crate) fn truncate(&mut self, name: &str, length: usize) -> Result<(), Failure> {
        let end = self.count(if name.ends_with("-wal") { Moment::LogWrite } else { Moment::DataWrite });
        if end == Some(false) {
            return Err(Failure::Off);
        }
        self.files.entry(name.to_owned()).or_default().truncate(length);
        Ok(())
    }

    pub(crate) fn sync(&mut self, name: &str) -> Result<Option<Hook>, Failure> {
        let end = self.count(if name.ends_with("-wal") { Moment::LogSync } else { Moment::DataSync });
        if end == Some(false) {
            return Err(Failure::Off);
        }
        let forgetful = self.forgetful;
        let Some(file) = self.files.get_mut(name) else { return Ok(None) };
        if self.syncs_to_fail > 0 {
            self.syncs_to_fail -= 1;
            self.figures.failed_syncs += 1;
            if forgetful {
                file.forget_pending();
            }
            return Err(Failure::Sync);
        }
        file.sync();
        self.figures.syncs += 1;
        Ok(self.on_sync.clone())
    }
}
