Feature: Danger at three in the morning reaches someone

  Scenario: A child in immediate danger, outside the authority's hours
    Given it is three in the morning
    When the police tell of a child in immediate danger
    Then an alarm is raised at once
    And the out-of-hours contact gets an e-mail and a signed call-back, without the child's name
    And the contact is on top of the queue, due within the authority's urgent limit
    When a screener acknowledges the danger
    Then the alarm is not raised again
