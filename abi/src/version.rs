//! ABI versions and how a module declares one (spec: "ABI version", `proxy_abi_version_X_Y_Z`).

use std::fmt;

/// A released version of the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AbiVersion {
    /// 0.1.0, early 2020: header callbacks take two parameters.
    V0_1_0,
    /// 0.2.0.
    V0_2_0,
    /// 0.2.1.
    V0_2_1,
}

impl AbiVersion {
    /// Every version, oldest first.
    pub const ALL: [Self; 3] = [Self::V0_1_0, Self::V0_2_0, Self::V0_2_1];

    /// Prefix of every marker export, also of those that name a version this crate does not know.
    pub const MARKER_PREFIX: &'static str = "proxy_abi_version_";

    /// The name of the function that a module exports to declare this version.
    pub const fn marker(self) -> &'static str {
        match self {
            Self::V0_1_0 => "proxy_abi_version_0_1_0",
            Self::V0_2_0 => "proxy_abi_version_0_2_0",
            Self::V0_2_1 => "proxy_abi_version_0_2_1",
        }
    }

    /// The version that an export of this name declares.
    pub fn from_marker(export: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.marker() == export)
    }

    /// `0.2.1` and so on.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V0_1_0 => "0.1.0",
            Self::V0_2_0 => "0.2.0",
            Self::V0_2_1 => "0.2.1",
        }
    }
}

impl fmt::Display for AbiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
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
    /// Present in every version.
    pub const ALL: Self = Self { since: AbiVersion::V0_1_0, until: AbiVersion::V0_2_1 };
    /// Only in 0.1.0.
    pub const V0_1: Self = Self { since: AbiVersion::V0_1_0, until: AbiVersion::V0_1_0 };
    /// From 0.2.0 on.
    pub const V0_2: Self = Self { since: AbiVersion::V0_2_0, until: AbiVersion::V0_2_1 };
    /// From 0.2.1 on.
    pub const V0_2_1: Self = Self { since: AbiVersion::V0_2_1, until: AbiVersion::V0_2_1 };

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
            assert_eq!(AbiVersion::from_marker(version.marker()), Some(version));
        }
        assert_eq!(AbiVersion::from_marker("proxy_abi_version_0_3_0"), None);
    }

    #[test]
    fn ranges_include_both_ends() {
        assert!(VersionRange::V0_1.contains(AbiVersion::V0_1_0));
        assert!(!VersionRange::V0_1.contains(AbiVersion::V0_2_0));
        assert!(VersionRange::V0_2.contains(AbiVersion::V0_2_1));
        assert!(!VersionRange::V0_2.contains(AbiVersion::V0_1_0));
    }
}
