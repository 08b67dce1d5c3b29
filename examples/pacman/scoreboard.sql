-- scoreboard.sql: Pac-Man's events become a scoreboard (examples/run plays them).

-- The topic as it comes: the key of a record is the player.
CREATE STREAM plays (
    player STRING KEY,
    game INTEGER,
    event STRING,
    points INTEGER,
    score INTEGER,
    ghost STRING,
    x INTEGER,
    y INTEGER
) WITH (kafka_topic = 'pacman', value_format = 'JSON');

-- Every event moves the board: it is a table, one row a player.
CREATE TABLE scoreboard AS
    SELECT player,
           SUM(points) AS score,
           SUM(CASE WHEN event = 'ghost' THEN 1 ELSE 0 END) AS ghosts,
           SUM(CASE WHEN event = 'death' THEN 1 ELSE 0 END) AS deaths
    FROM plays
    WHERE points > 0 OR event = 'death'
    GROUP BY player
    EMIT CHANGES;

-- Ghosts eaten in each minute of the day. Events may be ten seconds late; later ones are refused,
-- counted, and kept in the ledger.
CREATE TABLE ghosts_per_minute AS
    SELECT player, COUNT(*) AS eaten, SUM(points) AS points
    FROM plays
    WINDOW TUMBLING (SIZE 1 MINUTE, GRACE PERIOD 10 SECONDS)
    WHERE event = 'ghost'
    GROUP BY player
    EMIT CHANGES;

-- A stream of its own: who has just lost the last life.
CREATE STREAM game_overs AS
    SELECT player, game, score
    FROM plays
    WHERE event = 'over'
    EMIT CHANGES;

-- Watch them. In a script these end by themselves, where the topics end.
SELECT player, score, ghosts, deaths, RPAD('', score / 50, '#') AS bar
    FROM scoreboard EMIT CHANGES;

SELECT player, (WINDOWSTART - 1704110400000) / 60000 AS minute, eaten, points
    FROM ghosts_per_minute EMIT CHANGES;

SELECT player, game, score FROM game_overs EMIT CHANGES;

-- And how it stands now.
SELECT player, score, ghosts, deaths FROM scoreboard;
