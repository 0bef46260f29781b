//! Records as the World holds them: each knows whether it must be written back.

use std::ops::Deref;

/// What has to happen to a record when the batch commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// As loaded.
    Clean,
    /// Loaded, then changed.
    Changed,
    /// Not in the store yet.
    New,
}

/// A record and its [`Mark`]; reading is free, changing goes through [`Tracked::edit`].
#[derive(Clone, Debug)]
pub struct Tracked<T> {
    value: T,
    mark: Mark,
}

impl<T> Tracked<T> {
    pub const fn loaded(value: T) -> Self {
        Self { value, mark: Mark::Clean }
    }

    pub const fn new(value: T) -> Self {
        Self { value, mark: Mark::New }
    }

    pub const fn mark(&self) -> Mark {
        self.mark
    }

    pub fn edit(&mut self) -> &mut T {
        if self.mark == Mark::Clean {
            self.mark = Mark::Changed;
        }
        &mut self.value
    }

    pub fn into_inner(self) -> T {
        self.value
    }

    /// The record is in the store as it stands here.
    pub fn written(&mut self) {
        self.mark = Mark::Clean;
    }
}

impl<T> Deref for Tracked<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// The child records of an aggregate, in the order they were made.
#[derive(Clone, Debug)]
pub struct Rows<T>(Vec<Tracked<T>>);

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Rows<T> {
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + Clone + ExactSizeIterator {
        self.0.iter().map(|row| &row.value)
    }

    pub fn tracked(&self) -> &[Tracked<T>] {
        &self.0
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a record that the store does not have yet.
    pub fn add(&mut self, value: T) {
        self.0.push(Tracked::new(value));
    }

    /// Adds a record read from the store.
    pub fn load(&mut self, value: T) {
        self.0.push(Tracked::loaded(value));
    }

    pub fn into_values(self) -> impl Iterator<Item = T> {
        self.0.into_iter().map(|row| row.value)
    }

    /// The first record that matches, to be changed.
    pub fn edit_where(&mut self, matches: impl Fn(&T) -> bool) -> Option<&mut T> {
        self.0.iter_mut().find(|row| matches(&row.value)).map(Tracked::edit)
    }

    /// Every record, to be changed where [`Tracked::edit`] is called.
    pub fn tracked_mut(&mut self) -> impl Iterator<Item = &mut Tracked<T>> {
        self.0.iter_mut()
    }

    pub fn written(&mut self) {
        self.0.iter_mut().for_each(Tracked::written);
    }
}

impl<'a, T> IntoIterator for &'a Rows<T> {
    type Item = &'a T;
    type IntoIter = std::iter::Map<std::slice::Iter<'a, Tracked<T>>, fn(&'a Tracked<T>) -> &'a T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(|row| &row.value)
    }
}
