//! Fewer points, the same picture.

/// Of each of `buckets` columns keeps the first, the last, the least and the greatest point, in
/// their order: a line through them covers the same pixels.
pub fn extremes(points: &[(f64, f64)], range: (f64, f64), buckets: usize) -> Vec<(f64, f64)> {
    if points.len() <= 4 * buckets {
        return points.to_vec();
    }
    let width = ((range.1 - range.0) / buckets as f64).max(f64::MIN_POSITIVE);
    let bucket = |x: f64| ((x - range.0) / width) as i64;
    let mut kept = Vec::new();
    for part in points.chunk_by(|a, b| bucket(a.0) == bucket(b.0)) {
        let by_height = |a: &usize, b: &usize| part[*a].1.total_cmp(&part[*b].1);
        let mut places = vec![0, part.len() - 1];
        places.extend((0..part.len()).min_by(by_height));
        places.extend((0..part.len()).max_by(by_height));
        places.sort_unstable();
        places.dedup();
        kept.extend(places.into_iter().map(|place| part[place]));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::extremes;

    #[test]
    fn no_extreme_is_lost() {
        let wave = |n: i32| f64::from(n * 7919 % 1009);
        let points: Vec<_> = (0..10_000).map(|n| (f64::from(n), wave(n))).collect();
        let kept = extremes(&points, (0.0, 10_000.0), 100);
        assert!(kept.len() <= 400, "{}", kept.len());
        assert!(kept.is_sorted_by(|a, b| a.0 < b.0));
        for at in 0..100 {
            let inside = |point: &&(f64, f64)| (point.0 / 100.0) as usize == at;
            let heights = |all: &[(f64, f64)]| {
                let heights = all.iter().filter(inside).map(|point| point.1);
                heights.fold((f64::MAX, f64::MIN), |(a, b), one| (a.min(one), b.max(one)))
            };
            assert_eq!(heights(&points), heights(&kept));
        }
        assert_eq!(extremes(&points[..40], (0.0, 1.0), 10), points[..40]);
    }
}
