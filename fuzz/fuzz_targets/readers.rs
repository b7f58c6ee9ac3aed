//! Readers: any bytes under any options, as text plain and compressed and as workbooks. Nothing may panic; where the stream and the whole
//! read both succeed, they have the same rows; what is guessed names columns that are there.
#![no_main]

use std::io::Write as _;
use std::path::PathBuf;

use arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use patronomy::io::{self, Columns, Quote, ReadOptions, Sheet, guess_roles};
use patronomy::{Budget, Context};

const ENDINGS: [&str; 9] = [
    "csv", "csv", "csv", "txt", "csv.gz", "csv.zst", "xlsx", "xls", "ods",
];

fn options(u: &mut Unstructured<'_>) -> Result<ReadOptions> {
    let mut o = ReadOptions::new().columns(*u.choose(&[Columns::All, Columns::Bound])?);
    if u.ratio(1, 4)? {
        o = o.delimiter(*u.choose(&[',', ';', '\t', '|', ' ', 'x'])?);
    }
    if u.ratio(1, 4)? {
        o = o.quote(*u.choose(&[Quote::Double, Quote::Single, Quote::None])?);
    }
    if u.ratio(1, 4)? {
        let labels = [
            "utf-8",
            "gb18030",
            "windows-1252",
            "big5",
            "utf-16le",
            "shift_jis",
        ];
        o = o.encoding(*u.choose(&labels)?);
    }
    if u.ratio(1, 4)? {
        o = o
            .has_header(u.arbitrary::<bool>()?)
            .decimal_comma(u.arbitrary::<bool>()?);
    }
    if u.ratio(1, 8)? {
        o = o.skip_lines(u.int_in_range(0..=3)?).null("NA");
    }
    if u.ratio(1, 4)? {
        let role = *u.choose(&["customer", "time", "amount", "item"])?;
        o = o.role(role, *u.choose(&["a", "b", "客户", ""])?);
    }
    if u.ratio(1, 8)? {
        o = o.sheet(Sheet::All);
    }
    Ok(o)
}

fn written(ending: &str, bytes: &[u8]) -> std::io::Result<PathBuf> {
    let name = format!("patronomy-fuzz-readers-{}.{ending}", std::process::id());
    let path = std::env::temp_dir().join(name);
    std::fs::File::create(&path)?.write_all(bytes)?;
    Ok(path)
}

fn run(mut u: Unstructured<'_>) -> Result<()> {
    let ending = *u.choose(&ENDINGS)?;
    let options = options(&mut u)?;
    let bytes = u.take_rest();
    let Ok(path) = written(ending, bytes) else {
        return Ok(());
    };
    let ctx = Context {
        budget: Budget::bytes(64_000_000),
        ..Context::new()
    };
    let whole = io::read(&path, &options, &ctx);
    let stream = io::scan(&path, &options, &ctx);
    if let (Ok(table), Ok(stream)) = (&whole, stream) {
        let n_rows: patronomy::Result<usize> = stream.map(|b| b.map(|b| b.num_rows())).sum();
        assert!(n_rows.is_err() || n_rows.is_ok_and(|n| n == table.n_rows()));
    }
    let _ = io::inspect(&path, &options, &ctx);
    if let Ok(table) = whole {
        let fields = table.schema().fields();
        for proposal in guess_roles(&table).proposals {
            assert!(fields.iter().any(|f| *f.name() == proposal.column));
            assert!((0.0..=1.0).contains(&proposal.confidence));
        }
    }
    Ok(())
}

fuzz_target!(
    // The library catches panics of the file readers; the fuzzer's own hook would end the process before it could.
    init: std::panic::set_hook(Box::new(|info| eprintln!("{info}"))),
    |data: &[u8]| {
        let _ = run(Unstructured::new(data));
    }
);
