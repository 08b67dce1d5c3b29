# play.awk: games of Pac-Man, played by dice, told as events.
#
#   awk -v seed=4 -v games=4 -f play.awk > events.json
#
# Each line is a record as `oxbow produce --json` reads it: the key is the player, the value a JSON
# object {"game","event","points","score","ghost","x","y"}, the timestamp the moment in the game:
#
#   start   a game begins                    move    Pac-Man turns a corner
#   pellet  10 points                        power   50 points, and ghosts can be eaten for a while
#   ghost   eaten: 200, 400, 800, 1600       death   caught by a ghost; three lives
#   over    the game's last event
#
# Some events are delayed on their way, as on a bad network: they come out of order, and a few so late
# that their minute is long closed. The same seed and games give the same bytes with every awk: the
# dice are our own, and times are printed as floats because some awks have small integers.

function dice(n) { # 0 .. n-1
    state = (state * 16807) % 2147483647
    return int(state / 2147483647 * n)
}

function draw_maze(    row, col, line) {
    split("#####################|" \
          "#.........#.........#|" \
          "#o###.###.#.###.###o#|" \
          "#...................#|" \
          "#.###.#.#####.#.###.#|" \
          "#.....#...#...#.....#|" \
          "#####.###.#.###.#####|" \
          "#.........#.........#|" \
          "#o###.###...###.###o#|" \
          "#.........#.........#|" \
          "#####################", maze, "|")
    for (row = 1; row <= 11; row++)
        for (col = 1; col <= 21; col++)
            cell[col, row] = substr(maze[row], col, 1)
    split("1 0 -1 0", dx, " ") # right, down, left, up
    split("0 1 0 -1", dy, " ")
    split("Blinky Pinky Inky Clyde", ghost_names, " ")
}

function is_open(x, y) { return cell[x, y] != "#" }

# A ghost that was eaten stays harmless, and is no prey, until Pac-Man is brave no more.
function is_out(game, g) { return now < brave_until[game] && eaten_in[game, g] == brave_until[game] }

# How far the nearest ghost is from a cell.
function fear(game, x, y,    g, d, least) {
    least = 99
    for (g = 1; g <= 4; g++) {
        if (is_out(game, g))
            continue
        d = (x > gx[game, g] ? x - gx[game, g] : gx[game, g] - x) + \
            (y > gy[game, g] ? y - gy[game, g] : gy[game, g] - y)
        least = d < least ? d : least
    }
    return least
}

# A ghost goes straight on or round a corner, and back only from a dead end.
function turn_ghost(x, y, dir,    d, n, ways) {
    n = 0
    for (d = 1; d <= 4; d++)
        if ((d + 1) % 4 + 1 != dir && is_open(x + dx[d], y + dy[d]))
            ways[++n] = d
    return n ? ways[dice(n) + 1] : (dir + 1) % 4 + 1
}

# Pac-Man flees from a near ghost, or hunts it while he is brave; else he follows the pellets.
function turn_pacman(game,    d, x, y, near, want, best, best_d) {
    near = fear(game, px[game], py[game])
    best = -1000
    for (d = 1; d <= 4; d++) {
        x = px[game] + dx[d]; y = py[game] + dy[d]
        if (!is_open(x, y))
            continue
        want = dice(6) + ((game, x, y) in pellet ? 8 : 0) + (d == dir[game] ? 3 : 0)
        if (now < brave_until[game])
            want -= 6 * fear(game, x, y)
        else if (near <= 3 && dice(10) < 9)
            want += 9 * fear(game, x, y)
        else if ((d + 1) % 4 + 1 == dir[game])
            want -= 5
        if (want > best) {
            best = want
            best_d = d
        }
    }
    return best_d
}

# One event: printed now, or held back and printed when that much game time has gone by.
function tell(game, what, points, ghost,    luck, line, wait) {
    score[game] += points
    line = sprintf("{\"timestamp\":%.0f,\"key\":\"%s\",\"value\":\"{" \
                   "\\\"game\\\":%d,\\\"event\\\":\\\"%s\\\",\\\"points\\\":%d,\\\"score\\\":%d," \
                   "\\\"ghost\\\":%s,\\\"x\\\":%d,\\\"y\\\":%d}\"}",
                   now, player[game], game, what, points, score[game],
                   ghost ? "\\\"" ghost "\\\"" : "null", px[game], py[game])
    luck = dice(1000)
    wait = luck < 40 ? 1000 + dice(5000) : luck < 70 ? 120000 + dice(60000) : 0
    if (wait == 0) {
        print line
        return
    }
    held_line[held] = line
    held_until[held++] = now + wait
}

function let_go(    i, kept) {
    kept = 0
    for (i = 0; i < held; i++) {
        if (held_until[i] <= now) {
            print held_line[i]
        } else {
            held_line[kept] = held_line[i]
            held_until[kept++] = held_until[i]
        }
    }
    held = kept
}

function place_all(game,    g) {
    px[game] = 11; py[game] = 9; dir[game] = 4
    for (g = 1; g <= 4; g++) {
        gx[game, g] = 9 + g - (g > 2); gy[game, g] = 4
        gdir[game, g] = dice(2) ? 1 : 3
    }
    brave_until[game] = 0
}

function start_game(game,    key, at) {
    player[game] = names[(game + first_name) % name_count + 1]
    lives[game] = 3
    for (key in cell) {
        split(key, at, SUBSEP)
        if (cell[key] != "#")
            pellet[game, at[1], at[2]] = cell[key]
    }
    left[game] = food_count
    place_all(game)
    playing[game] = 1
    alive++
    tell(game, "start", 0, "")
}

function end_game(game) {
    playing[game] = 0
    alive--
    tell(game, "over", 0, "")
}

function eat(game,    what) {
    what = pellet[game, px[game], py[game]]
    delete pellet[game, px[game], py[game]]
    left[game]--
    if (what == "o") {
        brave_until[game] = now + 10000
        eaten[game] = 0
        tell(game, "power", 50, "")
    } else {
        tell(game, "pellet", 10, "")
    }
}

# Who stands on Pac-Man's cell is eaten, or eats.
function meet(game,    g) {
    for (g = 1; g <= 4 && playing[game]; g++) {
        if (gx[game, g] != px[game] || gy[game, g] != py[game] || is_out(game, g))
            continue
        if (now < brave_until[game]) {
            tell(game, "ghost", 200 * 2 ^ (eaten[game] < 3 ? eaten[game]++ : 3), ghost_names[g])
            eaten_in[game, g] = brave_until[game]
            gx[game, g] = 11; gy[game, g] = 4
            continue
        }
        tell(game, "death", 0, ghost_names[g])
        if (--lives[game] == 0)
            end_game(game)
        else
            place_all(game)
        return
    }
}

# 0.4 seconds of one game: Pac-Man moves, then the ghosts.
function step(game,    d, g) {
    d = turn_pacman(game)
    if (d != dir[game])
        tell(game, "move", 0, "")
    dir[game] = d
    px[game] += dx[d]; py[game] += dy[d]
    if ((game, px[game], py[game]) in pellet)
        eat(game)
    meet(game)
    for (g = 1; g <= 4 && playing[game]; g++) {
        gdir[game, g] = turn_ghost(gx[game, g], gy[game, g], gdir[game, g])
        gx[game, g] += dx[gdir[game, g]]; gy[game, g] += dy[gdir[game, g]]
    }
    if (playing[game])
        meet(game)
    if (playing[game] && left[game] == 0)
        end_game(game)
}

BEGIN {
    seed = seed == "" ? 4 : seed
    games = games == "" ? 4 : games
    state = seed % 2147483646 + 1
    for (i = 0; i < 10; i++)
        dice(2)
    name_count = split("Ada Barbara Edsger Grace Ken Linus", names, " ")
    first_name = dice(name_count)
    draw_maze()
    for (key in cell)
        food_count += cell[key] != "#"
    now = 1704110400000 # noon of 1 January 2024, UTC
    started = alive = held = 0
    next_start = now
    while (started < games || alive > 0) {
        if (started < games && now >= next_start) {
            start_game(++started)
            next_start = now + 10000 + dice(20000)
        }
        for (game = 1; game <= started; game++)
            if (playing[game])
                step(game)
        let_go()
        now += 400
    }
    now += 1e9
    let_go()
}
