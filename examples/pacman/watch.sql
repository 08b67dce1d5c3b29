-- watch.sql: the board as it changes. It ends after so many changes (oxbow -D changes=N).

SELECT player, score, ghosts, deaths,
       SUBSTRING('########################################', 1, score / 250) AS bar
    FROM scoreboard
    EMIT CHANGES
    LIMIT ${changes};
