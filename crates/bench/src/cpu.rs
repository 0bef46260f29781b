//! Processor time, which tells more than throughput does where others use the machine too.

use std::collections::BTreeMap;

/// Processor time of this process's threads by their names, in nanoseconds; empty where the system does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cpu(BTreeMap<String, u64>);

impl Cpu {
    pub fn now() -> Self {
        let mut all = BTreeMap::new();
        for task in std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
            let read = |name: &str| std::fs::read_to_string(task.path().join(name)).unwrap_or_default();
            // Time on a processor, time waiting for one, how often.
            let nanos = read("schedstat").split_whitespace().next().and_then(|nanos| nanos.parse::<u64>().ok());
            if let Some(nanos) = nanos {
                *all.entry(read("comm").trim_end().to_owned()).or_default() += nanos;
            }
        }
        Self(all)
    }

    /// Microseconds since `before`, of the thread with this name.
    pub fn us_of(&self, name: &str, before: &Self) -> f64 {
        let at = |cpu: &Self| cpu.0.get(name).copied().unwrap_or_default();
        at(self).saturating_sub(at(before)) as f64 / 1e3
    }

    /// Microseconds since `before`, of all threads.
    pub fn us(&self, before: &Self) -> f64 {
        self.0.keys().map(|name| self.us_of(name, before)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_counted_by_thread_from_a_moment_on() {
        let cpu = |threads: &[(&str, u64)]| Cpu(threads.iter().map(|(name, ns)| ((*name).to_owned(), *ns)).collect());
        let before = cpu(&[("writer", 5_000), ("gone", 9_000)]);
        let after = cpu(&[("writer", 8_000), ("new", 1_000)]);
        assert_eq!(after.us_of("writer", &before), 3.0);
        assert_eq!(after.us_of("gone", &before), 0.0);
        assert_eq!(after.us(&before), 4.0);
    }
}
