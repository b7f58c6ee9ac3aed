//! Readers: the same table from the same content in every format and encoding, whole or as a stream, and errors that say what is wrong.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use patronomy::io::{self, Columns, FileFormat, Quote, ReadOptions, Sheet};
use patronomy::{Budget, Context, Error, ErrorKind, Table};

const ROWS: [[&str; 5]; 6] = [
    ["1001", "张伟", "2024-01-05 10:00:00", "3", "12.50"],
    ["1002", "Müller, Jörg", "2024-01-06 11:30:00", "1", "7.25"],
    ["1003", "", "2024-01-07 00:00:00", "2", ""],
    ["1001", "say \"hi\"", "2024-02-01 09:15:00", "-1", "12.50"],
    ["1004", "two\nlines", "2024-02-02 18:45:00", "10", "1000.00"],
    ["1005", "naïve", "2024-02-03 07:05:00", "4", "0.99"],
];
const NAMES: [&str; 5] = ["客户", "name", "time", "quantity", "price"];

fn options() -> ReadOptions {
    ReadOptions::new()
        .role("customer", "客户")
        .role("item_name", "name")
        .role("time", "time")
        .role("quantity", "quantity")
        .role("price", "price")
}

/// The rows as text, its names and texts without what `encodable` cannot write.
fn text(
    delimiter: char,
    line_end: &str,
    comma: bool,
    encodable: impl Fn(&str) -> String,
) -> String {
    let mut text = String::new();
    for row in std::iter::once(&NAMES).chain(&ROWS) {
        let fields = row.iter().map(|field| {
            let is_number = field.parse::<f64>().is_ok();
            let field = encodable(field);
            let field = if comma && is_number {
                field.replace('.', ",")
            } else {
                field
            };
            if field.contains([delimiter, '"', '\n']) {
                format!("\"{}\"", field.replace('"', "\"\""))
            } else {
                field
            }
        });
        text += &fields.collect::<Vec<_>>().join(&delimiter.to_string());
        text += line_end;
    }
    text
}

fn plain(field: &str) -> String {
    field.to_owned()
}

fn written(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// All rows as one batch.
fn whole(table: &Table) -> RecordBatch {
    arrow_select::concat::concat_batches(table.schema(), table.batches()).unwrap()
}

fn read(path: &Path, options: &ReadOptions) -> Result<RecordBatch, Error> {
    io::read(path, options, &Context::new()).map(|t| whole(&t))
}

fn streamed(path: &Path, options: &ReadOptions) -> Result<RecordBatch, Error> {
    let stream = io::scan(path, options, &Context::new())?;
    let schema = stream.schema().clone();
    let batches = stream.collect::<Result<Vec<_>, _>>()?;
    Ok(whole(&Table::try_new(schema, batches)?))
}

fn expected(folder: &Path) -> RecordBatch {
    read(
        &written(folder, "expected.csv", text(',', "\n", false, plain)),
        &options(),
    )
    .unwrap()
}

fn types(batch: &RecordBatch) -> Vec<DataType> {
    let fields = batch.schema_ref().fields().iter();
    fields.map(|f| f.data_type().clone()).collect()
}

fn encoded(label: &str, text: &str) -> Vec<u8> {
    match label {
        "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "utf-16be" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        label => {
            let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
            let (bytes, _, has_unmappable) = encoding.encode(text);
            assert!(!has_unmappable, "{label}");
            bytes.into_owned()
        }
    }
}

#[test]
fn columns_are_what_their_roles_say() {
    let folder = tempfile::tempdir().unwrap();
    let table = expected(folder.path());
    let (int, text) = (DataType::Int64, DataType::Utf8);
    assert_eq!(
        types(&table),
        [int.clone(), text.clone(), text, int, DataType::Float64]
    );
    assert_eq!(table.num_rows(), ROWS.len());
    assert_eq!(table.column(1).null_count(), 1);
    assert_eq!(table.column(4).null_count(), 1);
}

#[test]
fn dialects_give_the_same_table() {
    let folder = tempfile::tempdir().unwrap();
    let expected = expected(folder.path());
    for delimiter in [',', ';', '\t', '|'] {
        for line_end in ["\n", "\r\n", "\r"] {
            for comma in [false, true] {
                let text = text(delimiter, line_end, comma, plain);
                let path = written(folder.path(), "table.csv", text);
                let found = io::inspect(&path, &options(), &Context::new()).unwrap();
                let dialect = found.dialect.unwrap();
                assert_eq!(
                    (dialect.delimiter, dialect.decimal_comma),
                    (delimiter, comma),
                    "{line_end:?}"
                );
                assert_eq!(
                    read(&path, &options()).unwrap(),
                    expected,
                    "{delimiter:?} {line_end:?} {comma}"
                );
            }
        }
    }
}

#[test]
fn encodings_give_the_same_table() {
    let folder = tempfile::tempdir().unwrap();
    let expected = expected(folder.path());
    let text = text(',', "\n", false, plain);
    for (label, mark) in [
        ("utf-8", &b""[..]),
        ("utf-8", b"\xef\xbb\xbf"),
        ("gb18030", b""),
        ("utf-16le", b"\xff\xfe"),
        ("utf-16be", b"\xfe\xff"),
        ("utf-16le", b""),
    ] {
        let bytes = [mark, &encoded(label, &text)].concat();
        let path = written(folder.path(), "table.csv", &bytes);
        let given = options().encoding(label);
        assert_eq!(read(&path, &given).unwrap(), expected, "{label} given");
        // Of mixed Chinese and Western text, GB18030 can be known only where the pairs outweigh the rest.
        if label != "gb18030" {
            assert_eq!(
                read(&path, &options()).unwrap(),
                expected,
                "{label} {mark:?}"
            );
        }
    }
}

#[test]
fn encodings_are_found_out_by_their_text() {
    let folder = tempfile::tempdir().unwrap();
    for (label, name, expected) in [
        ("gb18030", "张伟,北京市朝阳区", "gb18030"),
        ("gb18030", "客户：李娜（上海）", "gb18030"),
        ("windows-1252", "Café Müller – £5", "windows-1252"),
        ("windows-1252", "Ångström naïve", "windows-1252"),
        ("utf-8", "张伟 Müller", "UTF-8"),
        ("utf-8", "plain", "UTF-8"),
    ] {
        let text = format!("id;name\n1;{name}\n2;{name}\n");
        let path = written(folder.path(), "t.csv", encoded(label, &text));
        let found = io::inspect(&path, &ReadOptions::new(), &Context::new()).unwrap();
        assert_eq!(found.dialect.unwrap().encoding, expected, "{name}");
        let table = whole(&found.head);
        let column: ArrayRef = std::sync::Arc::new(arrow_array::StringArray::from(vec![name; 2]));
        assert_eq!(table.column(1), &column);
    }
}

#[test]
fn an_encoding_is_found_out_where_it_first_matters() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from("id,name\n");
    for i in 0..100_000 {
        writeln!(text, "{i},plain text").unwrap();
    }
    text += "7,Müller\n";
    let path = written(folder.path(), "t.csv", encoded("windows-1252", &text));
    let utf8 = written(folder.path(), "u.csv", &text);
    let expected = read(&utf8, &ReadOptions::new()).unwrap();
    assert_eq!(read(&path, &ReadOptions::new()).unwrap(), expected);
    assert_eq!(streamed(&path, &ReadOptions::new()).unwrap(), expected);
    let e = read(&path, &ReadOptions::new().encoding("utf-8")).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Io);
    let at = text.find('ü').unwrap();
    assert!(e.to_string().contains(&format!("byte {at}")), "{e}");
}

#[test]
fn compressed_files_are_known_by_their_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let expected = expected(folder.path());
    let text = text(',', "\n", false, plain);
    let gzip = |text: &str| {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(text.as_bytes()).unwrap();
        out.finish().unwrap()
    };
    let (first, second) = text.split_at(40);
    let zstd = |text: &str| zstd::encode_all(text.as_bytes(), 1).unwrap();
    for (name, bytes) in [
        ("t.csv.gz", gzip(&text)),
        ("t.tsv.gz", gzip(&text)),
        ("t.csv.zst", zstd(&text)),
        ("t.csv", gzip(&text)),
        ("t.csv.gz", zstd(&text)),
        ("t.csv.gz", [gzip(first), gzip(second)].concat()),
        ("t.csv.zst", [zstd(first), zstd(second)].concat()),
    ] {
        let path = written(folder.path(), name, &bytes);
        assert_eq!(read(&path, &options()).unwrap(), expected, "{name}");
        for n in 1..bytes.len() {
            let cut = written(folder.path(), name, &bytes[..n]);
            match read(&cut, &options()) {
                Ok(table) => assert!(table.num_rows() <= expected.num_rows(), "{n}"),
                Err(e) => assert!(
                    [ErrorKind::Io, ErrorKind::ColumnNotFound].contains(&e.kind()),
                    "{name} {n}: {e}"
                ),
            }
        }
    }
}

/// A workbook of such sheets: numbers as numbers, the rest as inline text.
fn workbook(sheets: &[(&str, &[&[&str]])]) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut part = |name: &str, text: &str| {
        out.start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        out.write_all(text.as_bytes()).unwrap();
    };
    let (mut listed, mut related, mut types) = (String::new(), String::new(), String::new());
    for (i, (name, _)) in sheets.iter().enumerate() {
        let n = i + 1;
        write!(
            listed,
            "<sheet name=\"{name}\" sheetId=\"{n}\" r:id=\"rId{n}\"/>"
        )
        .unwrap();
        write!(related, "<Relationship Id=\"rId{n}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet{n}.xml\"/>").unwrap();
        write!(types, "<Override PartName=\"/xl/worksheets/sheet{n}.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>").unwrap();
    }
    part(
        "[Content_Types].xml",
        &format!(
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>{types}</Types>"
        ),
    );
    part(
        "_rels/.rels",
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>",
    );
    part(
        "xl/workbook.xml",
        &format!(
            "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets>{listed}</sheets></workbook>"
        ),
    );
    part(
        "xl/_rels/workbook.xml.rels",
        &format!(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{related}</Relationships>"
        ),
    );
    for (i, (_, rows)) in sheets.iter().enumerate() {
        let mut cells = String::new();
        for (r, row) in rows.iter().enumerate() {
            write!(cells, "<row r=\"{}\">", r + 1).unwrap();
            for (c, field) in row.iter().enumerate().filter(|(_, f)| !f.is_empty()) {
                let at = format!("{}{}", char::from(b'A' + c as u8), r + 1);
                let escaped = field.replace('&', "&amp;").replace('<', "&lt;");
                if let Some(error) = field.strip_prefix('#') {
                    write!(cells, "<c r=\"{at}\" t=\"e\"><v>#{error}</v></c>").unwrap();
                } else if field.parse::<f64>().is_ok() {
                    write!(cells, "<c r=\"{at}\"><v>{field}</v></c>").unwrap();
                } else {
                    write!(cells, "<c r=\"{at}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{escaped}</t></is></c>").unwrap();
                }
            }
            cells += "</row>";
        }
        part(
            &format!("xl/worksheets/sheet{}.xml", i + 1),
            &format!(
                "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{cells}</sheetData></worksheet>"
            ),
        );
    }
    out.finish().unwrap().into_inner()
}

fn sheet_rows() -> Vec<&'static [&'static str]> {
    std::iter::once(&NAMES[..])
        .chain(ROWS.iter().map(|r| &r[..]))
        .collect()
}

#[test]
fn a_workbook_gives_the_same_table() {
    let folder = tempfile::tempdir().unwrap();
    let expected = expected(folder.path());
    let bytes = workbook(&[("Sales", &sheet_rows())]);
    let path = written(folder.path(), "t.xlsx", &bytes);
    assert_eq!(read(&path, &options()).unwrap(), expected);
    assert_eq!(streamed(&path, &options()).unwrap(), expected);
    assert_eq!(
        io::inspect(&path, &options(), &Context::new())
            .unwrap()
            .sheets,
        ["Sales"]
    );
    for n in (0..bytes.len()).step_by(7) {
        let cut = written(folder.path(), "cut.xlsx", &bytes[..n]);
        assert_eq!(
            read(&cut, &options()).unwrap_err().kind(),
            ErrorKind::Io,
            "{n}"
        );
    }
}

#[test]
fn sheets_are_named_or_taken_together() {
    let folder = tempfile::tempdir().unwrap();
    let rows = sheet_rows();
    let (first, second) = (
        [&rows[..1], &rows[1..3]].concat(),
        [&rows[..1], &rows[3..]].concat(),
    );
    let bytes = workbook(&[("一月", &first), ("二月", &second)]);
    let path = written(folder.path(), "t.xlsx", bytes);
    let e = read(&path, &options()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Parameter);
    assert!(e.to_string().contains("`一月`, `二月`"), "{e}");
    let n_rows = |sheet: Sheet| read(&path, &options().sheet(sheet)).map(|t| t.num_rows());
    assert_eq!(n_rows(Sheet::Name("一月".into())).unwrap(), 2);
    assert_eq!(n_rows(Sheet::Index(1)).unwrap(), 4);
    assert_eq!(
        n_rows(Sheet::Index(2)).unwrap_err().kind(),
        ErrorKind::Parameter
    );
    assert_eq!(
        n_rows(Sheet::Name("三月".into())).unwrap_err().kind(),
        ErrorKind::Parameter
    );
    let all = read(&path, &options().sheet(Sheet::All)).unwrap();
    assert_eq!(all, expected(folder.path()));
}

#[test]
fn cells_that_are_errors_are_missing_and_whole_floats_are_integers() {
    let folder = tempfile::tempdir().unwrap();
    let rows: [&[&str]; 5] = [
        &["id", "n"],
        &["17.0", "#N/A"],
        &[],
        &["", "2.5"],
        &["18", ""],
    ];
    let path = written(folder.path(), "t.xlsx", workbook(&[("s", &rows)]));
    let table = read(
        &path,
        &ReadOptions::new()
            .role("customer", "id")
            .role("amount", "n"),
    )
    .unwrap();
    assert_eq!(types(&table), [DataType::Int64, DataType::Float64]);
    assert_eq!(
        (
            table.num_rows(),
            table.column(0).null_count(),
            table.column(1).null_count()
        ),
        (3, 1, 2)
    );
}

#[test]
fn a_workbook_that_unpacks_beyond_the_budget_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let long = "x".repeat(5_000_000);
    let path = written(
        folder.path(),
        "t.xlsx",
        workbook(&[("s", &[&["a"], &[&long]])]),
    );
    let ctx = Context {
        budget: Budget::bytes(1_000_000),
        ..Context::new()
    };
    let e = io::read(&path, &ReadOptions::new(), &ctx).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Budget, "{e}");
    assert!(read(&path, &ReadOptions::new()).is_ok());
}

#[test]
fn two_cells_far_apart_take_no_grid() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = workbook(&[("s", &[&["a"], &["1"]])]);
    // The same sheet, its last cell in the last place there is.
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes.clone())).unwrap();
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for i in 0..archive.len() {
        let mut part = archive.by_index(i).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut part, &mut text).unwrap();
        let text = text
            .replace("r=\"2\"", "r=\"1048576\"")
            .replace("r=\"A2\"", "r=\"XFD1048576\"");
        let name = part.name().unwrap().into_owned();
        out.start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        out.write_all(text.as_bytes()).unwrap();
    }
    bytes = out.finish().unwrap().into_inner();
    let path = written(folder.path(), "t.xlsx", bytes);
    let table = read(&path, &ReadOptions::new()).unwrap();
    assert_eq!((table.num_rows(), table.num_columns()), (1, 2));
    assert_eq!(table.schema().field(1).name(), "column_16384");
}

#[test]
fn parquet_gives_the_same_table() {
    let folder = tempfile::tempdir().unwrap();
    let expected = expected(folder.path());
    let path = folder.path().join("t.parquet");
    io::write_batch(&path, &expected).unwrap();
    assert_eq!(read(&path, &options()).unwrap(), expected);
    assert_eq!(streamed(&path, &options()).unwrap(), expected);
    let found = io::inspect(&path, &ReadOptions::new(), &Context::new()).unwrap();
    assert_eq!((found.format, found.dialect), (FileFormat::Parquet, None));
}

/// The rows in two files, the columns of the second in another order.
fn in_two(folder: &Path) -> (RecordBatch, PathBuf) {
    let expected = expected(folder);
    let parts = folder.join("parts");
    std::fs::create_dir(&parts).unwrap();
    let (first, second) = (
        expected.slice(0, 2),
        expected.slice(2, 4).project(&[4, 2, 0, 1, 3]).unwrap(),
    );
    for (name, part) in [("2024-01", first), ("2024-02", second)] {
        io::write_batch(&parts.join(format!("{name}.parquet")), &part).unwrap();
        let text = parts.join(format!("{name}.csv"));
        io::write_batch(&text, &part).unwrap();
    }
    (expected, parts)
}

#[test]
fn folders_and_patterns_are_one_table() {
    let folder = tempfile::tempdir().unwrap();
    let (expected, parts) = in_two(folder.path());
    for pattern in ["*.parquet", "2024-0?.csv", "2024-0[12].parquet", "*.csv"] {
        let pattern = parts.join(pattern);
        assert_eq!(read(&pattern, &options()).unwrap(), expected, "{pattern:?}");
        assert_eq!(
            streamed(&pattern, &options().as_text("name"))
                .unwrap()
                .num_rows(),
            6,
            "{pattern:?}"
        );
    }
    let e = read(&parts, &options()).unwrap_err();
    assert!(e.to_string().contains("several formats"), "{e}");
    for name in ["2024-01.csv", "2024-02.csv"] {
        std::fs::remove_file(parts.join(name)).unwrap();
    }
    written(&parts, "_SUCCESS", "");
    written(&parts, ".hidden.parquet", "");
    assert_eq!(read(&parts, &options()).unwrap(), expected);
    let e = read(&parts.join("*.xls"), &options()).unwrap_err();
    assert!(e.to_string().contains("no file fits"), "{e}");
    let e = read(&parts.join("[.csv"), &options()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Io, "{e}");
}

#[test]
fn files_that_differ_are_named() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), "a.csv", "x,y\n1,2\n");
    written(folder.path(), "b.csv", "x,z\n1,2\n");
    let e = read(folder.path(), &ReadOptions::new()).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::ColumnNotFound);
    assert!(e.to_string().contains("b.csv"), "{e}");
    let bound = ReadOptions::new().role("customer", "x");
    assert_eq!(read(folder.path(), &bound).unwrap().num_rows(), 2);
    let e = read(folder.path(), &bound.columns(Columns::All)).unwrap_err();
    assert!(e.to_string().contains("b.csv"), "{e}");
}

#[test]
fn files_are_typed_together() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), "a.csv", "id,n,w\n1,2,3\n");
    written(folder.path(), "b.csv", "id,n,w\n007,2.5,4\n");
    let options = ReadOptions::new()
        .role("customer", "id")
        .columns(Columns::All);
    let table = read(folder.path(), &options).unwrap();
    assert_eq!(
        types(&table),
        [DataType::Utf8, DataType::Float64, DataType::Int64]
    );
    let e = streamed(folder.path(), &options).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::BadValues, "{e}");
    assert!(e.to_string().contains("at row 1: `007`"), "{e}");
    assert_eq!(
        streamed(folder.path(), &options.as_text("id").as_text("n"))
            .unwrap()
            .num_rows(),
        2
    );
}

#[test]
fn a_stream_counts_the_words_among_measures() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from("id,n\n");
    for i in 0..50_000 {
        writeln!(
            text,
            "{i},{}",
            if i % 10_000 == 9_999 { "n/a" } else { "5" }
        )
        .unwrap();
    }
    let path = written(folder.path(), "t.csv", text);
    let options = ReadOptions::new()
        .role("customer", "id")
        .role("amount", "n");
    let mut stream = io::scan(&path, &options, &Context::new()).unwrap();
    let n_rows: usize = stream.by_ref().map(|b| b.unwrap().num_rows()).sum();
    assert_eq!(n_rows, 50_000);
    assert_eq!(stream.n_missing(), [("n".to_owned(), 5)]);
}

#[test]
fn files_nobody_should_bring_are_refused_with_their_reason() {
    let folder = tempfile::tempdir().unwrap();
    let many = |n: usize| "1,2\n".repeat(n);
    let ragged = format!("a,b\n{}1,2,3\n{}", many(200_000), many(10));
    let unclosed = format!("a,b\n{}1,\"2\n{}", many(200_000), many(10));
    for (name, bytes, said) in [
        ("empty.csv", b"".to_vec(), "holds no record"),
        ("blank.csv", b"\n\r\n\n".to_vec(), "holds no record"),
        (
            "ragged.csv",
            ragged.into_bytes(),
            "line 200002 has 3 field(s)",
        ),
        (
            "short.csv",
            b"a,b\r\n1,2\r\n3\r\n".to_vec(),
            "line 3 has 1 field(s)",
        ),
        (
            "unclosed.csv",
            unclosed.into_bytes(),
            "line 200002 is never closed",
        ),
        (
            "parquet.csv",
            b"PAR1....PAR1".to_vec(),
            "is no CSV file but a Parquet file",
        ),
        ("zip.txt", b"PK\x03\x04....".to_vec(), "workbook"),
        ("gzip.csv.gz", b"\x1f\x8b\x08\x00".to_vec(), "cut off"),
        ("zstd.csv.zst", b"\x28\xb5\x2f\xfd".to_vec(), "cut off"),
        (
            "text.xlsx",
            b"a,b\n1,2\n".to_vec(),
            "cannot be read as a workbook",
        ),
        (
            "text.xls",
            b"a,b\n1,2\n".to_vec(),
            "cannot be read as a workbook",
        ),
        ("empty.ods", b"".to_vec(), "cannot be read as a workbook"),
        ("some.json", b"{}".to_vec(), "ending that is not known"),
    ] {
        let path = written(folder.path(), name, bytes);
        for e in [
            read(&path, &ReadOptions::new()),
            streamed(&path, &ReadOptions::new()),
        ] {
            let e = e.unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Io, "{name}: {e}");
            assert!(e.to_string().contains(said), "{name}: {e}");
        }
    }
    for missing in ["no.csv", "no.parquet", "no.xlsx", "no.csv.gz"] {
        let e = read(&folder.path().join(missing), &ReadOptions::new()).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Io, "{e}");
    }
    let nothing = folder.path().join("nothing");
    std::fs::create_dir(&nothing).unwrap();
    assert_eq!(
        read(&nothing, &ReadOptions::new()).unwrap_err().kind(),
        ErrorKind::Io
    );
}

#[cfg(unix)]
#[test]
fn a_name_that_is_no_text_is_a_name() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = tempfile::tempdir().unwrap();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.csv");
    let path = folder.path().join(name);
    if std::fs::write(&path, "a\n1\n").is_ok() {
        assert_eq!(read(&path, &ReadOptions::new()).unwrap().num_rows(), 1);
    }
}

#[test]
fn a_record_without_end_takes_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv.zst");
    let mut out = zstd::Encoder::new(std::fs::File::create(&path).unwrap(), 1).unwrap();
    out.write_all(b"a,b\n1,2\n").unwrap();
    for _ in 0..300 {
        out.write_all(&vec![b'x'; 1 << 20]).unwrap();
    }
    out.finish().unwrap();
    let e = read(&path, &ReadOptions::new()).unwrap_err();
    assert!(e.to_string().contains("line 3 has over 67 MB"), "{e}");
}

#[test]
fn a_table_beyond_the_budget_is_refused_with_an_estimate() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv.zst");
    let mut out = zstd::Encoder::new(std::fs::File::create(&path).unwrap(), 1).unwrap();
    out.write_all(b"a,b\n").unwrap();
    for i in 0..4_000_000 {
        writeln!(out, "{i},x").unwrap();
    }
    out.finish().unwrap();
    let ctx = Context {
        budget: Budget::bytes(10_000_000),
        ..Context::new()
    };
    let e = io::read(&path, &ReadOptions::new(), &ctx).unwrap_err();
    let Error::Budget {
        needed_bytes,
        limit_bytes,
        ..
    } = e
    else {
        panic!("{e}");
    };
    assert_eq!(limit_bytes, 10_000_000);
    assert!(
        (20_000_000..200_000_000).contains(&needed_bytes),
        "{needed_bytes}"
    );
}

#[test]
fn what_is_given_is_not_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = written(
        folder.path(),
        "t.txt",
        "a title\nsome,'x;y',1.5\nNULL,b,-\n",
    );
    let options = ReadOptions::new()
        .skip_lines(1)
        .delimiter(',')
        .quote(Quote::Single)
        .has_header(false);
    let table = read(&path, &options.clone().null("NULL").null("-")).unwrap();
    let names: Vec<String> = table
        .schema()
        .fields()
        .iter()
        .map(|f| f.name().clone())
        .collect();
    assert_eq!(names, ["column_1", "column_2", "column_3"]);
    assert_eq!(
        types(&table),
        [DataType::Utf8, DataType::Utf8, DataType::Float64]
    );
    assert_eq!(
        (table.column(0).null_count(), table.column(2).null_count()),
        (1, 1)
    );
    let plain = read(&path, &options.quote(Quote::None)).unwrap();
    assert_eq!(types(&plain), [const { DataType::Utf8 }; 3]);
    let named = written(folder.path(), "s.csv", "sep=|\na|b\n1|2\n");
    assert_eq!(read(&named, &ReadOptions::new()).unwrap().num_columns(), 2);
    let roles = ReadOptions::new().role("customer", "x");
    assert_eq!(
        read(&named, &roles).unwrap_err().kind(),
        ErrorKind::ColumnNotFound
    );
}

#[test]
fn threads_do_not_matter() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from("id,name,amount\n");
    for i in 0..120_000 {
        let name = if i % 7 == 0 {
            "\"a, \"\"b\"\"\nc\""
        } else {
            "plain"
        };
        writeln!(
            text,
            "{},{name},{}.{:02}",
            i * 7919 % 5003,
            i % 977,
            i % 100
        )
        .unwrap();
    }
    let path = written(folder.path(), "t.csv", text);
    let options = ReadOptions::new()
        .role("customer", "id")
        .columns(Columns::All);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let table = io::read(&path, &options, &Context::new()).unwrap();
            (table.batches().to_vec(), streamed(&path, &options).unwrap())
        })
    };
    let one = with(1);
    assert!(one.0.len() > 3);
    assert_eq!(one.1.num_rows(), 120_000);
    assert_eq!(with(2), one);
    assert_eq!(with(7), one);
}
