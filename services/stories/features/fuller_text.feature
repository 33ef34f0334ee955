Feature: Fuller text is a new version
  So that what is told later is neither lost nor mistaken for another worry.

  Scenario: The same reference with fuller text, on a decided contact
    Given the police tell of a worry about "Gil Invent" under their reference "CAD 17"
    And a screener decides "no further action"
    When they tell more under their reference "CAD 17"
    Then the fuller text waits in the queue with a receipt of its own
    When a screener accepts the fuller text
    Then the contact about "Gil Invent" has the fuller text as its version 2 of the words
    And what was told first is kept

  Scenario: The same reference and text under a new key
    Given the police tell of a worry about "Hal Invent" under their reference "CAD 18"
    When they send the same text under their reference "CAD 18" with a new key
    Then they get the same receipt
    And there is one contact about "Hal Invent"
