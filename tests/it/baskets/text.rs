//! Text and files by hand.

use super::*;

#[test]
fn text_by_hand() {
    let parse =
        |text: &str, format| Baskets::parse(text.as_bytes(), format, &Context::new()).unwrap();
    let fimi = |text| parse(text, BasketFormat::Fimi);
    assert_eq!(
        shown(&fimi("10 9\n\n9\n\n\n")),
        [vec!["9", "10"], vec![], vec!["9"]]
    );
    // One item that is no integer makes all of them texts.
    assert_eq!(
        shown(&fimi("10 9\n9 x\n")),
        [vec!["10", "9"], vec!["9", "x"]]
    );
    assert_eq!(shown(&fimi("007 7\n")), [vec!["007", "7"]]);
    assert_eq!(
        shown(&fimi("12345678 -5 3\n")),
        [vec!["-5", "3", "12345678"]]
    );
    assert_eq!(
        shown(&fimi("99999999999999999999 1")),
        [vec!["1", "99999999999999999999"]]
    );
    for nothing in ["", "\n", " \n\n", "\u{feff}", "\r\n"] {
        assert!(fimi(nothing).is_empty());
        assert_eq!(fimi(nothing).n_items(), 0);
    }
    let spmf = "@CONVERTED_FROM_TEXT\n@ITEM=1=apple\n@ITEM=3=pear, green\n1 3\n# a remark\n\n2 1\n% another\n@";
    for text in [spmf.to_owned(), spmf.replace("2 1", "2 1 x")] {
        let baskets = parse(&text, BasketFormat::Spmf);
        assert_eq!(baskets.len(), 2, "{text}");
        assert_eq!(shown(&baskets)[0], ["1", "3"]);
        let names = texts(baskets.names().unwrap());
        assert_eq!(
            names[..3],
            [
                Some("apple".to_owned()),
                None,
                Some("pear, green".to_owned())
            ]
        );
    }
    let comma = |text| parse(text, BasketFormat::Separated(','));
    let baskets = comma("whole milk, \"bread, white\" ,\"say \"\"a\"\"\"\n,,x,\n\nx\n");
    assert_eq!(
        shown(&baskets),
        [
            vec!["bread, white", "say \"a\"", "whole milk"],
            vec!["x"],
            vec![],
            vec!["x"]
        ]
    );
    assert_eq!(
        baskets.counts().left_out,
        BTreeMap::from([(Reason::NoItem, 3)])
    );
    assert!(Baskets::parse(b"a\xff", BasketFormat::Fimi, &Context::new()).is_err());
    for bad in ['\n', '"', 'é'] {
        assert!(Baskets::parse(b"", BasketFormat::Separated(bad), &Context::new()).is_err());
    }
}

#[cfg(feature = "csv")]
#[test]
fn files_are_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("baskets.dat.gz");
    let mut packed = flate2_of(b"1 2\n2\n");
    std::fs::write(&path, &packed).unwrap();
    let baskets = Baskets::read(&path, BasketFormat::Fimi, &Context::new()).unwrap();
    assert_eq!(numbers(&baskets), [vec![0, 1], vec![1]]);
    packed.truncate(packed.len() - 6);
    std::fs::write(&path, &packed).unwrap();
    for path in [&path, &folder.path().join("none")] {
        let e = Baskets::read(path, BasketFormat::Fimi, &Context::new()).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Io);
    }
    std::fs::write(&path, b"PAR1....").unwrap();
    let e = Baskets::read(&path, BasketFormat::Fimi, &Context::new()).unwrap_err();
    assert!(e.to_string().contains("Parquet"), "{e}");
}

/// A gzip file of one stored block.
#[cfg(feature = "csv")]
fn flate2_of(bytes: &[u8]) -> Vec<u8> {
    let mut crc = !0u32;
    for &b in bytes {
        crc ^= u32::from(b);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    let n = bytes.len() as u16;
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1];
    packed.extend(n.to_le_bytes());
    packed.extend((!n).to_le_bytes());
    packed.extend(bytes);
    packed.extend((!crc).to_le_bytes());
    packed.extend(u32::from(n).to_le_bytes());
    packed
}
