//! Mappings for well-known data sets.

use crate::error::MapError;
use crate::map::Map;
use std::path::Path;

/// Names of the presets with their texts.
pub const PRESETS: [(&str, &str); 4] = [
    ("online-retail", include_str!("../presets/online-retail.toml")),
    ("superstore", include_str!("../presets/superstore.toml")),
    ("northwind", include_str!("../presets/northwind.toml")),
    ("olist", include_str!("../presets/olist.toml")),
];

impl Map {
    /// The preset of this name.
    ///
    /// # Errors
    /// [`MapError::UnknownPreset`], with the names there are.
    pub fn preset(name: &str) -> Result<Self, MapError> {
        match PRESETS.iter().find(|(preset, _)| *preset == name) {
            Some((_, text)) => Self::parse(text),
            None => {
                let known = PRESETS.map(|(preset, _)| preset).to_vec();
                Err(MapError::UnknownPreset { name: name.to_owned(), known })
            }
        }
    }

    /// A preset by its name, or else the mapping file at this path.
    ///
    /// # Errors
    /// As [`Map::preset`] and [`Map::parse`], and where the file cannot be read.
    pub fn named(name: &str) -> Result<Self, MapError> {
        if PRESETS.iter().any(|(preset, _)| *preset == name) {
            return Self::preset(name);
        }
        let path = Path::new(name);
        if path.extension().is_none() && !path.exists() {
            return Self::preset(name);
        }
        let text =
            std::fs::read_to_string(path).map_err(|source| MapError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_reads_and_a_bad_mapping_names_all_its_problems() {
        for (name, _) in PRESETS {
            assert_eq!(Map::preset(name).map(|map| map.name).unwrap(), name);
        }
        assert!(matches!(Map::preset("nothing"), Err(MapError::UnknownPreset { known, .. }) if known.len() == 4));
        let text = r#"
            [map]
            name = "x"
            currency = "XYZ"
            time_zone = "Mars/Olympus"
            colour = "red"
            [[file]]
            name = "lines"
            role = "lines"
            path = ["$FILE"]
            [order]
            number = "No"
            [line]
            sku = { column = "A", const = "B" }
            quantity = "Q"
        "#;
        let Err(MapError::Invalid(problems)) = Map::parse(text) else { panic!("accepted") };
        let mut paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        paths.sort_unstable();
        let expected =
            ["line.sku.column", "line.unit_price", "map.colour", "map.currency", "map.time_zone", "order.placed_at"];
        assert_eq!(paths, expected);
    }
}
