"""示范公司: sample companies whose people and figures are made up, taken through a cycle by the same services as real ones."""
