use super::*;

// In a macro, because Anchor's reader of the crate looks for every module where its name says.
macro_rules! elsewhere {
    () => {
        #[path = "../../../../crates/core/tests/shared_data/mod.rs"]
        mod shared_data;
    };
}
elsewhere!();

/// A legacy account is read through a cast and needs the alignment that the runtime gives.
#[repr(C, align(8))]
struct Aligned([u8; 3312]);

struct Oracle {
    key: Pubkey,
    owner: Pubkey,
    data: Vec<u64>,
    len: usize,
}

impl Oracle {
    fn new(owner: Pubkey, bytes: &[u8]) -> Self {
        let mut data = vec![0_u64; bytes.len().div_ceil(8)];
        bytemuck::cast_slice_mut(&mut data)[..bytes.len()].copy_from_slice(bytes);
        Self {
            key: Pubkey::new_from_array([5; 32]),
            owner,
            data,
            len: bytes.len(),
        }
    }

    fn set(mut self, place: usize, bytes: &[u8]) -> Self {
        bytemuck::cast_slice_mut(&mut self.data)[place..place + bytes.len()].copy_from_slice(bytes);
        self
    }

    fn read(mut self, source: &OracleSource, unit_exp: u8) -> Result<Reading> {
        let mut lamports = 1;
        let data = &mut bytemuck::cast_slice_mut::<u64, u8>(&mut self.data)[..self.len];
        let info = AccountInfo::new(
            &self.key,
            false,
            false,
            &mut lamports,
            data,
            &self.owner,
            false,
        );
        read(&info, source, unit_exp)
    }
}

const FEED_ID: [u8; 32] = [3; 32];

fn source(kind: u8, id: [u8; 32]) -> OracleSource {
    OracleSource {
        id,
        kind,
        reserved: [0; 7],
    }
}

/// A fully verified update: 156.79769099 with exponent −8.
fn update() -> Vec<u8> {
    let mut data = vec![34, 241, 35, 99, 157, 126, 244, 205];
    data.extend([7; 32]);
    data.push(1);
    data.extend(FEED_ID);
    data.extend(15_679_769_099_i64.to_le_bytes());
    data.extend(16_197_271_u64.to_le_bytes());
    data.extend((-8_i32).to_le_bytes());
    data.extend(1_721_133_402_i64.to_le_bytes());
    data.extend(1_721_133_401_i64.to_le_bytes());
    data.extend(15_660_921_800_i64.to_le_bytes());
    data.extend(15_919_247_u64.to_le_bytes());
    data.extend(277_875_167_u64.to_le_bytes());
    data.resize(134, 0);
    data
}

fn legacy() -> Vec<u8> {
    let mut data = vec![0; 3312];
    let mut put =
        |place: usize, bytes: &[u8]| data[place..place + bytes.len()].copy_from_slice(bytes);
    put(0, &0xa1b2_c3d4_u32.to_le_bytes());
    put(4, &2_u32.to_le_bytes());
    put(8, &3_u32.to_le_bytes());
    put(12, &3312_u32.to_le_bytes());
    put(16, &[1]);
    put(20, &(-9_i32).to_le_bytes());
    put(48, &32_000_000_000_i64.to_le_bytes());
    put(96, &1_669_049_331_i64.to_le_bytes());
    put(208, &32_112_500_001_i64.to_le_bytes());
    put(216, &30_000_001_u64.to_le_bytes());
    put(224, &[1]);
    data
}

fn code(result: Result<Reading>) -> u32 {
    match result.unwrap_err() {
        Error::AnchorError(error) => error.error_code_number,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_full_update_is_read_with_its_own_exponent() {
    let classic = source(kind::CLASSIC, FEED_ID);
    let reading = Oracle::new(CLASSIC_RECEIVER, &update())
        .read(&classic, 0)
        .unwrap();
    let expected = Reading {
        price: 15_679_769_099,
        conf: 16_197_271,
        ema: 15_660_921_800,
        publish_at: 1_721_133_402,
    };
    assert_eq!(reading, expected);
    // Two digits fewer: price and average down, confidence up.
    let coarse = Oracle::new(PRO_RECEIVER, &update()).set(89, &(-10_i32).to_le_bytes());
    let reading = coarse.read(&source(kind::PRO, FEED_ID), 0).unwrap();
    assert_eq!(
        (reading.price, reading.conf, reading.ema),
        (156_797_690, 161_973, 156_609_218)
    );
    // Per thousand tokens: three digits more.
    let unit = Oracle::new(CLASSIC_RECEIVER, &update())
        .read(&classic, 3)
        .unwrap();
    assert_eq!(
        (unit.price, unit.conf),
        (15_679_769_099_000, 16_197_271_000)
    );
}

#[test]
fn a_legacy_account_is_read_by_its_key() {
    let own = source(kind::LEGACY_MAINNET, [5; 32]);
    let reading = Oracle::new(LEGACY_MAINNET, &legacy())
        .read(&own, 0)
        .unwrap();
    assert_eq!((reading.price, reading.conf), (3_211_250_000, 3_000_001));
    assert_eq!(
        (reading.ema, reading.publish_at),
        (3_200_000_000, 1_669_049_331)
    );
    let devnet = source(kind::LEGACY_DEVNET, [5; 32]);
    assert!(
        Oracle::new(LEGACY_DEVNET, &legacy())
            .read(&devnet, 0)
            .is_ok()
    );
}

#[test]
fn each_wrong_byte_has_its_own_error() {
    use BulwarkError as E;
    let classic = source(kind::CLASSIC, FEED_ID);
    let own = source(kind::LEGACY_MAINNET, [5; 32]);
    let good = || Oracle::new(CLASSIC_RECEIVER, &update());
    let push = || Oracle::new(LEGACY_MAINNET, &legacy());
    let cases = [
        (
            "no source",
            good().read(&source(0, FEED_ID), 0),
            E::OracleKind,
        ),
        (
            "unknown kind",
            good().read(&source(5, FEED_ID), 0),
            E::OracleKind,
        ),
        (
            "own program",
            Oracle::new(crate::ID, &update()).read(&classic, 0),
            E::OracleOwner,
        ),
        (
            "other receiver",
            good().read(&source(kind::PRO, FEED_ID), 0),
            E::OracleOwner,
        ),
        (
            "short",
            Oracle::new(CLASSIC_RECEIVER, &update()[..132]).read(&classic, 0),
            E::OracleData,
        ),
        (
            "empty",
            Oracle::new(CLASSIC_RECEIVER, &[]).read(&classic, 0),
            E::OracleData,
        ),
        (
            "discriminator",
            good().set(0, &[1]).read(&classic, 0),
            E::OracleData,
        ),
        (
            "partial",
            good().set(40, &[0, 13]).read(&classic, 0),
            E::OracleVerification,
        ),
        (
            "level 2",
            good().set(40, &[2]).read(&classic, 0),
            E::OracleVerification,
        ),
        (
            "other feed",
            good().read(&source(kind::CLASSIC, [4; 32]), 0),
            E::OracleFeed,
        ),
        (
            "price 0",
            good().set(73, &[0; 8]).read(&classic, 0),
            E::BadPrice,
        ),
        (
            "price −1",
            good().set(73, &[255; 8]).read(&classic, 0),
            E::BadPrice,
        ),
        (
            "average 0",
            good().set(109, &[0; 8]).read(&classic, 0),
            E::BadPrice,
        ),
        (
            "vanishes",
            good().set(89, &(-19_i32).to_le_bytes()).read(&classic, 0),
            E::BadPrice,
        ),
        (
            "too large",
            good().set(89, &5_i32.to_le_bytes()).read(&classic, 0),
            E::BadPrice,
        ),
        (
            "exponent",
            good().set(89, &i32::MAX.to_le_bytes()).read(&classic, 9),
            E::BadPrice,
        ),
        (
            "exponent",
            good().set(89, &i32::MIN.to_le_bytes()).read(&classic, 0),
            E::BadPrice,
        ),
        (
            "legacy key",
            push().read(&source(kind::LEGACY_MAINNET, [6; 32]), 0),
            E::OracleKey,
        ),
        ("legacy as update", push().read(&classic, 0), E::OracleOwner),
        (
            "unknown status",
            push().set(224, &[0]).read(&own, 0),
            E::OracleStatus,
        ),
        (
            "halted",
            push().set(224, &[2]).read(&own, 0),
            E::OracleStatus,
        ),
        (
            "no status",
            push().set(224, &[9]).read(&own, 0),
            E::OracleData,
        ),
        (
            "price type",
            push().set(16, &[0]).read(&own, 0),
            E::OracleData,
        ),
        ("magic", push().set(0, &[0]).read(&own, 0), E::OracleData),
        ("version", push().set(4, &[1]).read(&own, 0), E::OracleData),
        (
            "account type",
            push().set(8, &[2]).read(&own, 0),
            E::OracleData,
        ),
        (
            "short",
            Oracle::new(LEGACY_MAINNET, &legacy()[..3311]).read(&own, 0),
            E::OracleData,
        ),
        (
            "price 0",
            push().set(208, &[0; 8]).read(&own, 0),
            E::BadPrice,
        ),
    ];
    for (what, result, error) in cases {
        assert_eq!(code(result), u32::from(error), "{what}");
    }
}

/// Places of the fields that are checked before the cast.
#[test]
fn the_checked_places_are_those_of_the_layout() {
    let mut account = Aligned([0; 3312]);
    account.0.copy_from_slice(&legacy());
    let read = pyth_sdk_solana::state::load_price_account::<32, ()>(&account.0).unwrap();
    assert_eq!(
        read.agg.status,
        pyth_sdk_solana::state::PriceStatus::Trading
    );
    assert_eq!(read.ptype, pyth_sdk_solana::state::PriceType::Price);
    let base = std::ptr::from_ref(read).addr();
    assert_eq!(std::ptr::from_ref(&read.ptype).addr() - base, 16);
    assert_eq!(std::ptr::from_ref(&read.agg.status).addr() - base, 224);
    assert_eq!(std::ptr::from_ref(&read.agg.corp_act).addr() - base, 225);
}

/// Real accounts, where the folder with them is there.
#[test]
fn real_accounts_are_read_as_they_were() {
    let Some(folder) = shared_data::shared_data("pyth-accounts") else {
        return;
    };
    let sol = "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d";
    let usdc = "eaa020c61cc479712813461ce153894a96a6c00b21ed0cfc2798d1f9a9e9c94a";
    let msol = "c2289a6a43d2ce91c6f55caec370f4acc38a2ed477f58813334c6d03749ff2a4";
    // File, feed, price, confidence, average, publish time.
    let updates = [
        (
            "sol_usd_2024-07-16",
            sol,
            15_679_769_099,
            16_197_271,
            15_660_921_800,
            1_721_133_402,
        ),
        (
            "sol_usd_2024-06-25",
            sol,
            13_542_669_300,
            11_735_744,
            13_452_270_700,
            1_719_289_382,
        ),
        (
            "usdc_usd_2025-05-13",
            usdc,
            100_004_997,
            67_956,
            100_003_409,
            1_747_165_253,
        ),
        (
            "msol_usd_2024-06-25",
            msol,
            16_197_302_717,
            57_359_974,
            16_075_193_300,
            1_719_290_233,
        ),
    ];
    for (file, feed, price, conf, ema, publish_at) in updates {
        let data = std::fs::read(folder.join(format!("pyth_v2_{file}.bin"))).unwrap();
        let from = source(kind::CLASSIC, bytes_of_hex(feed));
        let reading = Oracle::new(CLASSIC_RECEIVER, &data).read(&from, 0).unwrap();
        let expected = Reading {
            price,
            conf,
            ema,
            publish_at,
        };
        assert_eq!(reading, expected, "{file}");
        let other = source(
            kind::CLASSIC,
            bytes_of_hex(if feed == sol { usdc } else { sol }),
        );
        let refused = Oracle::new(CLASSIC_RECEIVER, &data).read(&other, 0);
        assert_eq!(code(refused), u32::from(BulwarkError::OracleFeed), "{file}");
    }
    let own = source(kind::LEGACY_MAINNET, [5; 32]);
    let data = std::fs::read(folder.join("pyth_legacy_srm_2022-11-21.bin")).unwrap();
    let reading = Oracle::new(LEGACY_MAINNET, &data).read(&own, 0).unwrap();
    assert_eq!(
        (reading.price, reading.conf, reading.ema),
        (27_293_073, 83_372, 27_274_933)
    );
    assert_eq!(reading.publish_at, 1_669_049_331);
    // Before timestamps and averages existed.
    let data = std::fs::read(folder.join("pyth_legacy_sol_devnet_2021.bin")).unwrap();
    let refused = Oracle::new(LEGACY_MAINNET, &data).read(&own, 0);
    assert_eq!(code(refused), u32::from(BulwarkError::BadPrice));
    let file = folder.join("pyth_legacy_sol_2024-11-02_status0.json");
    let data = data_of_json(&std::fs::read_to_string(file).unwrap());
    let refused = Oracle::new(LEGACY_MAINNET, &data).read(&own, 0);
    assert_eq!(code(refused), u32::from(BulwarkError::OracleStatus));
}

fn bytes_of_hex(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).unwrap();
    }
    bytes
}

/// Account data of a dump as validators write it: the longest run of base64 in it.
fn data_of_json(text: &str) -> Vec<u8> {
    let run = text.split('"').max_by_key(|part| part.len()).unwrap();
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => u32::from(byte - b'A'),
        b'a'..=b'z' => u32::from(byte - b'a') + 26,
        b'0'..=b'9' => u32::from(byte - b'0') + 52,
        b'+' => 62,
        b'/' => 63,
        other => panic!("{other} isn't base64"),
    };
    let digits: Vec<u32> = run.trim_end_matches('=').bytes().map(value).collect();
    let mut bytes = Vec::new();
    for group in digits.chunks(4) {
        let bits = group.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - group.len()));
        bytes.extend(&bits.to_be_bytes()[1..group.len()]);
    }
    bytes
}
