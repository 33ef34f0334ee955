Feature: One authority never sees another
  So that a worry is seen by those who need it, and by nobody else.

  Scenario: The neighbours' contact
    Given the police tell Kensington and Chelsea of a worry about "Kit Invent"
    When a screener of Hammersmith and Fulham asks for that contact by its name
    Then the answer is 401 or 404 and says nothing of it
    When a screener of Hammersmith and Fulham asks for it as one of their own
    Then the answer is exactly the one for a contact that does not exist

  Scenario: A person with a seat in both
    Given somebody who works for both authorities
    When they list the teams of each
    Then each list has that authority's own teams only
