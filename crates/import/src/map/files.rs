//! Sections about the files of the source.

use super::reader::Reader;
use super::*;

const ROLES: &[(&str, Role)] = &[
    ("lines", Role::Lines),
    ("orders", Role::Orders),
    ("payments", Role::Payments),
    ("returns", Role::Returns),
    ("lookup", Role::Lookup),
];

const ENCODINGS: &[(&str, Encoding)] =
    &[("utf-8", Encoding::Utf8), ("latin-1", Encoding::Latin1), ("windows-1252", Encoding::Windows1252)];

pub(super) fn format(section: Reader<'_>, base: &Format) -> Format {
    let mut format = base.clone();
    format.delimiter = section.byte("delimiter").unwrap_or(format.delimiter);
    if section.text("quote") == Some("") {
        format.quote = None;
    } else if section.has("quote") {
        format.quote = section.byte("quote");
    }
    format.encoding = section.one_of("encoding", ENCODINGS).unwrap_or(format.encoding);
    format.notation.decimal = section.one_of("decimal", &[(".", b'.'), (",", b',')]).unwrap_or(format.notation.decimal);
    if section.has("thousands") {
        format.notation.thousands = section.byte("thousands");
    }
    if format.notation.thousands == Some(format.notation.decimal) {
        section.problem("thousands", "ambiguous", "must differ from the decimal sign");
    }
    format.null = section.texts("null").unwrap_or(format.null);
    section.finish();
    format
}

pub(super) fn file(section: Reader<'_>, base: &Format) -> FileSpec {
    let spec = FileSpec {
        name: section.required_text("name").to_owned(),
        role: section.one_of("role", ROLES).unwrap_or(Role::Lookup),
        path: section.texts("path").unwrap_or_default(),
        join: section.table("join").and_then(join),
        optional: section.flag("optional"),
        format: section.table("format").map_or_else(|| base.clone(), |own| format(own, base)),
    };
    if !section.has("role") {
        section.missing("role");
    }
    if spec.path.is_empty() {
        section.missing("path");
    }
    section.finish();
    spec
}

fn join(section: Reader<'_>) -> Option<Join> {
    let column = section.required_text("column").to_owned();
    let to = section.required_text("to");
    let parts = to.split_once('.');
    if parts.is_none() && !to.is_empty() {
        section.problem("to", "format", "must be FILE.COLUMN");
    }
    section.finish();
    let (file, to_column) = parts?;
    Some(Join { column, to_file: file.to_owned(), to_column: to_column.to_owned() })
}

/// One file of lines, names that differ, joins that lead to the lines.
pub(super) fn check_files(root: &Reader<'_>, files: &[FileSpec]) {
    let lines = files.iter().filter(|file| file.role == Role::Lines).count();
    if lines != 1 {
        root.problem("file", "lines", "exactly one file has the role lines");
    }
    for role in [Role::Orders, Role::Payments, Role::Returns] {
        if files.iter().filter(|file| file.role == role).count() > 1 {
            root.problem("file", "ambiguous", format!("only one file has the role {role:?}").to_lowercase());
        }
    }
    for (n, file) in files.iter().enumerate() {
        if files[..n].iter().any(|earlier| earlier.name == file.name) {
            root.problem(&format!("file[{n}].name"), "repeated", "is the name of another file");
        }
        let known = |join: &Join| files[..n].iter().any(|earlier| earlier.name == join.to_file);
        match (&file.join, file.role) {
            (Some(join), _) if !known(join) => {
                root.problem(&format!("file[{n}].join.to"), "unknown_file", "must name a file listed before this one");
            }
            (None, Role::Orders | Role::Payments | Role::Lookup) => {
                root.problem(&format!("file[{n}].join"), "missing", "is required for this role");
            }
            _ => {}
        }
    }
}
