"""Learning systems: their lists of a class, and the names that they give to downloaded files.

    table      a CSV file as one of them, or a spreadsheet, wrote it
    lists      which columns of whose list say who a student is
    roster     what is known of each student's names and numbers there: roster.json
    enrol      `python -m grading roster`: a list comes into the gradebook and roster.json
    downloads  whose a downloaded file is, by its name

`plugins.export` is the way back.
"""
