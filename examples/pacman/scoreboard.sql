-- scoreboard.sql: Pac-Man's events become a scoreboard (examples/run plays them).

-- The topic as it comes: the key of a record is the player. ${topic} comes from oxbow -D.
CREATE STREAM plays (
    player STRING KEY,
    game INTEGER,
    event STRING,
    points INTEGER,
    score INTEGER,
    ghost STRING,
    x INTEGER,
    y INTEGER
) WITH (kafka_topic = '${topic}', value_format = 'JSON');

-- Every event moves the board: it is a table, one row a player.
CREATE TABLE scoreboard WITH (kafka_topic = '${topic}-scoreboard') AS
    SELECT player,
           SUM(points) AS score,
           SUM(CASE WHEN event = 'ghost' THEN 1 ELSE 0 END) AS ghosts,
           SUM(CASE WHEN event = 'death' THEN 1 ELSE 0 END) AS deaths
    FROM plays
    WHERE points > 0 OR event = 'death'
    GROUP BY player
    EMIT CHANGES;

-- Ghosts eaten in each minute. Events may be ten seconds late; later ones are refused, counted, and
-- kept in the ledger. A minute can be asked for until an hour later.
CREATE TABLE ghosts_per_minute WITH (kafka_topic = '${topic}-ghosts-per-minute') AS
    SELECT player, COUNT(*) AS eaten, SUM(points) AS points
    FROM plays
    WINDOW TUMBLING (SIZE 1 MINUTE, RETENTION 1 HOUR, GRACE PERIOD 10 SECONDS)
    WHERE event = 'ghost'
    GROUP BY player
    EMIT CHANGES;

-- A stream of its own: who has just lost the last life, or cleared the maze.
CREATE STREAM game_overs WITH (kafka_topic = '${topic}-game-overs') AS
    SELECT player, game, score
    FROM plays
    WHERE event = 'over'
    EMIT CHANGES;
