//! The properties of the colors that the palette promises.

use std::collections::BTreeSet;

use proptest::prelude::{prop_assert_eq, proptest};

use super::{ColorMap, NAMES, preferred};

/// Light of the three primaries, linear, 0 to 1.
type Light = [f64; 3];

/// Color vision by Machado, Oliveira and Fernandes (2009), severity 1.0: all cones, no red, no green, no blue cones.
const EYES: [[Light; 3]; 4] = [
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    [
        [0.152_286, 1.052_583, -0.204_868],
        [0.114_503, 0.786_281, 0.099_216],
        [-0.003_882, -0.048_116, 1.051_998],
    ],
    [
        [0.367_322, 0.860_646, -0.227_968],
        [0.280_085, 0.672_501, 0.047_413],
        [-0.011_820, 0.042_940, 0.968_881],
    ],
    [
        [1.255_528, -0.076_749, -0.178_779],
        [-0.078_411, 0.930_809, 0.147_602],
        [0.004_733, 0.691_367, 0.303_900],
    ],
];

/// The light of a color of the xterm cube, from sRGB.
fn light(code: u8) -> Light {
    let cube = code - 16;
    [cube / 36, cube / 6 % 6, cube % 6].map(|step| {
        let level = [0.0, 95.0, 135.0, 175.0, 215.0, 255.0][usize::from(step)] / 255.0_f64;
        if level <= 0.040_45 { level / 12.92 } else { ((level + 0.055) / 1.055).powf(2.4) }
    })
}

/// The weighted sum of three lights.
fn dot(weights: Light, light: Light) -> f64 {
    weights.iter().zip(light).map(|(weight, part)| weight * part).sum()
}

/// A color as one kind of eye sees it, in CIE L*a*b* (D65), where distances are perceived differences.
fn seen(code: u8, eye: [Light; 3]) -> Light {
    let light = eye.map(|row| dot(row, light(code)).clamp(0.0, 1.0));
    let curve =
        |part: f64| if part > 216.0 / 24389.0 { part.cbrt() } else { (24389.0 / 27.0 * part + 16.0) / 116.0 };
    let x = curve(dot([0.412_456, 0.357_576, 0.180_438], light) / 0.950_47);
    let y = curve(dot([0.212_673, 0.715_152, 0.072_175], light));
    let z = curve(dot([0.019_334, 0.119_192, 0.950_304], light) / 1.088_83);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// How different two colors are for one kind of eye.
fn distance(one: u8, other: u8, eye: [Light; 3]) -> f64 {
    seen(one, eye).iter().zip(seen(other, eye)).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn every_eye_distinguishes_the_colors() {
    for (index, one) in NAMES.iter().enumerate() {
        for other in &NAMES[index + 1..] {
            for (eye, least) in EYES.into_iter().zip([33.0, 18.0, 18.0, 18.0]) {
                let apart = distance(*one, *other, eye);
                assert!(apart > least, "{one} and {other}: {apart}");
            }
        }
    }
}

#[test]
fn no_name_has_the_red_of_errors() {
    for name in NAMES {
        for red in [160, 196] {
            assert!(distance(name, red, EYES[0]) > 55.0, "{name}");
            assert!(EYES.iter().all(|eye| distance(name, red, *eye) > 14.0), "{name}");
        }
    }
}

#[test]
fn legible_on_black_and_on_white() {
    for name in NAMES {
        // Contrast as in WCAG; 2.5 is less than it demands for small type, but the most that eight colors can have on
        // both backgrounds.
        let luminance = dot([0.2126, 0.7152, 0.0722], light(name));
        assert!((luminance + 0.05) / 0.05 > 2.5 && 1.05 / (luminance + 0.05) > 2.5, "{name}");
    }
}

proptest! {
    #[test]
    fn up_to_eight_names_never_share_a_color(names in proptest::collection::btree_set("[a-z0-9.]{1,12}", 1..=8)) {
        let map = ColorMap::new(names.iter().map(String::as_str));
        prop_assert_eq!(map.indexes.values().collect::<BTreeSet<_>>().len(), names.len());
        // The order in which they are named does not matter.
        let turned = ColorMap::new(names.iter().rev().map(String::as_str));
        prop_assert_eq!(map.indexes, turned.indexes);
    }

    #[test]
    fn a_name_keeps_its_color_when_another_is_added(names in proptest::collection::btree_set("[a-z]{1,8}", 2..=8)) {
        let unique = names.iter().filter(|name| names.iter().filter(|other| preferred(other) == preferred(name)).count() == 1);
        let map = ColorMap::new(names.iter().map(String::as_str));
        for name in unique {
            prop_assert_eq!(map.indexes[name], preferred(name));
        }
    }
}

#[test]
fn neighboring_cvms_get_their_preferred_colors() {
    let preferences: BTreeSet<_> = (1..=8).map(|host| preferred(&format!("10.0.0.{host}"))).collect();
    assert_eq!(preferences.len(), 8);
}
