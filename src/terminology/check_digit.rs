//! Check digits: the arithmetic by which a code proves that it was typed right.

/// How a code system, or a namespace of identifiers, computes its check digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckDigit {
    /// The last digit makes the Verhoeff sum zero. Expressions of such codes are checked code by code.
    Verhoeff,
    /// The digit after the hyphen is that of mod 10 (Luhn).
    Mod10,
    /// The eleven-test of Dutch numbers of nine digits: weighed 9, 8, … 2 and -1 they add up to a multiple of 11.
    Eleven,
}

impl CheckDigit {
    /// The scheme named in the column `check_digit`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "verhoeff" => Some(Self::Verhoeff),
            "mod10" => Some(Self::Mod10),
            "eleven" => Some(Self::Eleven),
            _ => None,
        }
    }

    /// True if a code can be one of its system.
    pub fn is_valid(self, code: &str) -> bool {
        match self {
            Self::Verhoeff => {
                code.split([':', '=', '+', ',', '{', '}', '(', ')', ' ']).filter(|part| !part.is_empty()).all(verhoeff)
            }
            Self::Mod10 => mod10(code),
            Self::Eleven => eleven(code),
        }
    }
}

const DIHEDRAL: [[u8; 10]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
    [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
    [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
    [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
    [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
    [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
];
const PERMUTED: [[u8; 10]; 8] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
    [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
    [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
    [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
    [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
    [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
    [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
];

fn verhoeff(code: &str) -> bool {
    let sum = code.bytes().rev().enumerate().try_fold(0u8, |sum, (at, byte)| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        Some(DIHEDRAL[usize::from(sum)][usize::from(PERMUTED[at % 8][usize::from(digit)])])
    });
    code.len() >= 6 && sum == Some(0)
}

fn mod10(code: &str) -> bool {
    let Some((number, check)) = code.split_once('-') else { return false };
    let sum = number.bytes().rev().enumerate().try_fold(0u32, |sum, (at, byte)| {
        let digit = u32::from(byte.checked_sub(b'0').filter(|digit| *digit <= 9)?);
        let weighed = if at % 2 == 0 { digit * 2 } else { digit };
        Some(sum + weighed / 10 + weighed % 10)
    });
    !number.is_empty() && sum.is_some_and(|sum| check.parse() == Ok((10 - sum % 10) % 10))
}

fn eleven(number: &str) -> bool {
    let weights = [9, 8, 7, 6, 5, 4, 3, 2, -1];
    let sum = number.bytes().zip(weights).try_fold(0i32, |sum, (byte, weight)| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit <= 9)?;
        Some(sum + i32::from(digit) * weight)
    });
    number.len() == weights.len() && sum.is_some_and(|sum| sum % 11 == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_with_a_slip_are_refused() {
        assert!(CheckDigit::Verhoeff.is_valid("364320009"));
        assert!(!CheckDigit::Verhoeff.is_valid("364320008"));
        assert!(!CheckDigit::Verhoeff.is_valid("363420009"));
        assert!(CheckDigit::Verhoeff.is_valid("129152004:260686004=129284003"));
        assert!(CheckDigit::Mod10.is_valid("8339-4"));
        assert!(!CheckDigit::Mod10.is_valid("8393-4"));
        assert!(!CheckDigit::Mod10.is_valid("tbd"));
        assert!(CheckDigit::Eleven.is_valid("999961640"));
        assert!(!CheckDigit::Eleven.is_valid("999961641"));
        assert!(!CheckDigit::Eleven.is_valid("99961640"));
        assert!(!CheckDigit::Eleven.is_valid("99996164x"));
    }
}
