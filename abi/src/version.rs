//! ABI versions and how a module declares one (spec: "ABI version", `proxy_abi_version_X_Y_Z`).

use std::fmt;

/// A version of the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AbiVersion {
    /// 0.1.0, early 2020: header callbacks take two parameters.
    V0_1_0,
    /// 0.2.0.
    V0_2_0,
    /// 0.2.1.
    V0_2_1,
    /// The draft that was called vNEXT from 2020 to 2023: callbacks and functions with names of their own. It was never
    /// released, and its enumerations never had numbers; those of 0.2.1 are used.
    VNext,
}

impl AbiVersion {
    /// Every version, oldest first, the draft last.
    pub const ALL: [Self; 4] = [Self::V0_1_0, Self::V0_2_0, Self::V0_2_1, Self::VNext];

    /// The released versions, oldest first.
    pub const RELEASED: [Self; 3] = [Self::V0_1_0, Self::V0_2_0, Self::V0_2_1];

    /// Prefix of every marker export, also of those that name a version this crate does not know.
    pub const MARKER_PREFIX: &'static str = "proxy_abi_version_";

    /// The names of the functions by which a module may declare this version.
    pub const fn markers(self) -> &'static [&'static str] {
        match self {
            Self::V0_1_0 => &["proxy_abi_version_0_1_0"],
            Self::V0_2_0 => &["proxy_abi_version_0_2_0"],
            Self::V0_2_1 => &["proxy_abi_version_0_2_1"],
            Self::VNext => &["proxy_abi_version_0_x_x", "proxy_abi_version_vnext"],
        }
    }

    /// The name of the function that a module exports to declare this version.
    pub const fn marker(self) -> &'static str {
        self.markers()[0]
    }

    /// The version that an export of this name declares.
    pub fn from_marker(export: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.markers().contains(&export))
    }

    /// The version that a module declares by the names of the functions it exports, in their order.
    ///
    /// The first marker of a released version decides, as in the reference host; one of the draft counts where there is
    /// no other. A module of 0.2.0 with a callback that only the draft has, one for the parts of an HTTP stream, speaks
    /// the draft: MOSN's guests are built that way.
    pub fn declared<'a>(exports: impl Iterator<Item = &'a str> + Clone) -> Option<Self> {
        let mut declared = None;
        for version in exports.clone().filter_map(Self::from_marker) {
            if version != Self::VNext {
                declared = Some(version);
                break;
            }
            declared = Some(version);
        }
        let mut exports = exports;
        match declared {
            Some(Self::V0_2_0) if exports.any(crate::callbacks::is_draft_http_callback) => Some(Self::VNext),
            declared => declared,
        }
    }

    /// Whether the version was never released. It may change, and nothing but this host may ever speak it.
    pub const fn is_experimental(self) -> bool {
        matches!(self, Self::VNext)
    }

    /// `0.2.1` and so on: one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V0_1_0 => "0.1.0",
            Self::V0_2_0 => "0.2.0",
            Self::V0_2_1 => "0.2.1",
            Self::VNext => "vnext",
        }
    }

    /// The version for a reader: `0.2.1` and so on, with a remark if it is experimental.
    pub const fn label(self) -> &'static str {
        match self {
            Self::VNext => "vnext (experimental)",
            released => released.as_str(),
        }
    }
}

impl fmt::Display for AbiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// The versions in which an item of the ABI exists, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionRange {
    /// First version that has it.
    pub since: AbiVersion,
    /// Last version that has it.
    pub until: AbiVersion,
}

impl VersionRange {
    /// Present in every version and in the draft.
    pub const ALL: Self = Self { since: AbiVersion::V0_1_0, until: AbiVersion::VNext };
    /// Present in every released version; the draft has something else instead, or nothing.
    pub const RELEASED: Self = Self { since: AbiVersion::V0_1_0, until: AbiVersion::V0_2_1 };
    /// Only in 0.1.0.
    pub const V0_1: Self = Self { since: AbiVersion::V0_1_0, until: AbiVersion::V0_1_0 };
    /// From 0.2.0 on.
    pub const V0_2: Self = Self { since: AbiVersion::V0_2_0, until: AbiVersion::V0_2_1 };
    /// From 0.2.1 on.
    pub const V0_2_1: Self = Self { since: AbiVersion::V0_2_1, until: AbiVersion::V0_2_1 };
    /// Only in the draft.
    pub const VNEXT: Self = Self { since: AbiVersion::VNext, until: AbiVersion::VNext };

    /// Whether `version` lies in the range.
    pub const fn contains(self, version: AbiVersion) -> bool {
        self.since as u8 <= version as u8 && version as u8 <= self.until as u8
    }
}

#[cfg(test)]
mod tests {
    use super::{AbiVersion, VersionRange};

    #[test]
    fn markers_round_trip_and_unknown_ones_are_not_versions() {
        for version in AbiVersion::ALL {
            for marker in version.markers() {
                assert_eq!(AbiVersion::from_marker(marker), Some(version));
            }
        }
        assert_eq!(AbiVersion::from_marker("proxy_abi_version_0_3_0"), None);
    }

    #[test]
    fn the_first_released_marker_decides_and_the_draft_is_declared_where_there_is_none() {
        let declared = |exports: &[&str]| AbiVersion::declared(exports.iter().copied());
        assert_eq!(declared(&["memory", "malloc"]), None);
        assert_eq!(declared(&["proxy_abi_version_0_3_0"]), None);
        assert_eq!(declared(&["proxy_abi_version_0_2_1", "proxy_abi_version_0_1_0"]), Some(AbiVersion::V0_2_1));
        assert_eq!(declared(&["proxy_abi_version_0_x_x", "proxy_abi_version_0_2_1"]), Some(AbiVersion::V0_2_1));
        assert_eq!(declared(&["proxy_abi_version_0_x_x"]), Some(AbiVersion::VNext));
        assert_eq!(declared(&["proxy_abi_version_vnext", "proxy_on_request_headers"]), Some(AbiVersion::VNext));
    }

    #[test]
    fn a_module_of_0_2_0_with_a_callback_of_the_draft_speaks_the_draft() {
        let declared = |exports: &[&str]| AbiVersion::declared(exports.iter().copied());
        let draft = ["proxy_on_http_response_trailers", "proxy_abi_version_0_2_0"];
        assert_eq!(declared(&draft), Some(AbiVersion::VNext));
        // Every released version has this one: it says nothing.
        let released = ["proxy_abi_version_0_2_0", "proxy_on_http_call_response"];
        assert_eq!(declared(&released), Some(AbiVersion::V0_2_0));
        let newer = ["proxy_abi_version_0_2_1", "proxy_on_http_request_headers"];
        assert_eq!(declared(&newer), Some(AbiVersion::V0_2_1));
    }

    #[test]
    fn ranges_include_both_ends() {
        assert!(VersionRange::V0_1.contains(AbiVersion::V0_1_0));
        assert!(!VersionRange::V0_1.contains(AbiVersion::V0_2_0));
        assert!(VersionRange::V0_2.contains(AbiVersion::V0_2_1));
        assert!(!VersionRange::V0_2.contains(AbiVersion::V0_1_0));
        assert!(!VersionRange::RELEASED.contains(AbiVersion::VNext));
        assert!(AbiVersion::ALL.into_iter().all(|version| VersionRange::ALL.contains(version)));
    }
}
