//! The data as JSON.

use bulwark_report::{Liquidation, LiquidationKind, Point, Series};

#[test]
fn a_series_is_columns_in_json() {
    let point = |at_unix| Point {
        at_unix,
        price_e8: 2,
        ..Point::default()
    };
    let series = Series(vec![point(10), point(11)]);
    let text = serde_json::to_string(&series).unwrap();
    assert!(
        text.starts_with(r#"{"at_unix":[10,11],"price_e8":[2,2],"#),
        "{text}"
    );
    assert_eq!(
        serde_json::from_str::<Series<Point>>(&text).unwrap(),
        series
    );
    let shorter = text.replace("[2,2]", "[2]");
    let error = serde_json::from_str::<Series<Point>>(&shorter).unwrap_err();
    assert!(error.to_string().contains("unequal length"), "{error}");
    let empty = Series::<Liquidation>::default();
    let text = serde_json::to_string(&empty).unwrap();
    assert_eq!(
        serde_json::from_str::<Series<Liquidation>>(&text).unwrap(),
        empty
    );
    assert_eq!(
        serde_json::to_string(&LiquidationKind::WindUp).unwrap(),
        r#""wind-up""#
    );
}
