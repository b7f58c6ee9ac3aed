//! The house's own rules, read from its sources.

use std::path::{Path, PathBuf};

/// From the ground up: a folder knows its own line and those above it in this list.
const LINES: [&[&str]; 19] = [
    &["error", "random", "parallel", "budget", "progress", "saved"],
    &["kernels"],
    &["stats"],
    &["table"],
    &["matrix"],
    &["cluster"],
    &["io"],
    &["clean"],
    &["quality"],
    &["transactions"],
    &["simulate"],
    &["baskets"],
    &["features"],
    &["itemsets"],
    &["sequences"],
    &["rules"],
    &["rfm"],
    &["segment"],
    &["value"],
];

/// Every source file of the core but `lib.rs`, with its folder's (or its own) name.
fn sources() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") && path != root.join("lib.rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(
        files.len() > 20,
        "only {} source files were found",
        files.len()
    );
    let named = |path: PathBuf| {
        let inside = path.strip_prefix(&root).unwrap();
        let first = inside.iter().next().unwrap().to_str().unwrap();
        let room = first.trim_end_matches(".rs").to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        (room, path, text)
    };
    files.into_iter().map(named).collect()
}

fn line_of(room: &str) -> usize {
    let found = LINES.iter().position(|line| line.contains(&room));
    found.unwrap_or_else(|| {
        panic!("`{room}` has no line yet: give it one here and in ARCHITECTURE.md")
    })
}

/// The code of a file without its comments.
fn code(text: &str) -> String {
    let lines = text.lines().map(|l| l.split("//").next().unwrap_or(""));
    lines.collect::<Vec<_>>().join("\n")
}

/// The rooms a file names, as `crate::room` or in `use crate::{room, ...}`.
fn rooms_named(code: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        // `$crate` and `some_crate::` are other things.
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let word = |s: &str| -> String {
            s.trim()
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect()
        };
        match rest.strip_prefix('{') {
            Some(group) => {
                let group = group.split('}').next().unwrap_or("");
                rooms.extend(group.split(',').map(word).filter(|w| !w.is_empty()));
            }
            None => rooms.push(word(rest)),
        }
    }
    rooms
}

#[test]
fn the_reader_of_use_lines_reads() {
    let text = "use crate::table::{a, b};\nuse crate::{rfm, stats::x};\n$crate::no my_crate::no crate::error::Result";
    assert_eq!(rooms_named(text), ["table", "rfm", "stats", "error"]);
    assert_eq!(code("a // crate::rfm\n/// crate::io\nb"), "a \n\nb");
}

#[test]
fn a_folder_knows_no_lower_one() {
    let mut n_named = 0;
    for (room, path, text) in sources() {
        for named in rooms_named(&code(&text)) {
            n_named += 1;
            assert!(
                line_of(&named) <= line_of(&room),
                "{}: `{room}` must not know `{named}`, which stands on a lower line",
                path.display()
            );
        }
    }
    assert!(n_named > 50, "only {n_named} names were found");
}

#[test]
fn rayon_is_named_in_one_file() {
    let with: Vec<String> = sources()
        .into_iter()
        .filter(|(_, _, text)| code(text).contains("rayon"))
        .map(|(room, ..)| room)
        .collect();
    assert_eq!(with, ["parallel"]);
}

#[test]
fn unsafe_code_stands_in_kernels_only() {
    let mut n_found = 0;
    for (room, path, text) in sources() {
        let words = code(&text);
        let mut words = words.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        if words.any(|w| w == "unsafe") {
            assert_eq!(room, "kernels", "{}", path.display());
            n_found += 1;
        }
    }
    assert!(
        n_found > 0,
        "the search has found nothing, not even what there is"
    );
}

#[test]
fn columns_are_downcast_at_the_boundary_and_in_results_only() {
    // Results are arrays this library has just made; of what users bring, `table` alone looks at the type.
    for (room, path, text) in sources() {
        let code = code(&text);
        let body = code.split("#[cfg(test)]").next().unwrap_or("");
        let downcasts = [
            "as_primitive::<",
            "as_string::<",
            "downcast_ref",
            "as_string_view",
        ];
        let found = downcasts.iter().any(|d| body.contains(d));
        let own =
            path.ends_with("rfm/tables.rs") || path.ends_with("transactions/customers/mod.rs");
        assert!(!found || room == "table" || own, "{}", path.display());
    }
}

#[test]
fn files_stay_short() {
    for (_, path, text) in sources() {
        let n = text.lines().count();
        assert!(n <= 600, "{} has {n} lines", path.display());
    }
}
