Feature: A leaver no longer allocates
  So that somebody who left a team a second ago no longer decides for it.

  Scenario: The membership ended a second ago
    Given a family waits for allocation in the team "north-kensington"
    And a member of that team sees it waiting
    And their membership ended a second ago
    When they allocate the family
    Then they are refused, because they are not a member of the team
    And the family still waits for allocation
