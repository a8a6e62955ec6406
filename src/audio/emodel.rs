//! The E-model: what quality to expect of a connection from its figures (ITU-T G.107, 06/2015).
//!
//! It knows delay, loss, echo and codec, not what was heard: a gap, clipping or the wrong prompt leave it at 4.4.

/// What describes a connection. The defaults are those of ITU-T G.107, table 2.
#[derive(Debug, Clone, PartialEq)]
pub struct Connection {
    /// Send loudness rating, dB.
    pub slr: f64,
    /// Receive loudness rating, dB.
    pub rlr: f64,
    /// Sidetone masking rating, dB.
    pub stmr: f64,
    /// Listener sidetone rating, dB.
    pub lstr: f64,
    /// D-value of the telephone at the sender.
    pub ds: f64,
    /// Talker echo loudness rating, dB.
    pub telr: f64,
    /// Weighted echo path loss, dB.
    pub wepl: f64,
    /// Mean one-way delay of the echo path, ms.
    pub t: f64,
    /// Round-trip delay in the four-wire loop, ms.
    pub tr: f64,
    /// Absolute one-way delay without echo, ms.
    pub ta: f64,
    /// Quantising distortion units.
    pub qdu: f64,
    /// Equipment impairment factor of the codec. See [`super::impairments`].
    pub ie: f64,
    /// Packet-loss robustness of the codec.
    pub bpl: f64,
    /// Packet loss, percent.
    pub ppl: f64,
    /// Burst ratio: mean length of losses against that of random loss.
    pub burst_r: f64,
    /// Circuit noise at the 0 dBr point, dBm0p.
    pub nc: f64,
    /// Noise floor at the receiver, dBmp.
    pub nfor: f64,
    /// Room noise at the sender, dB(A).
    pub ps: f64,
    /// Room noise at the receiver, dB(A).
    pub pr: f64,
    /// Advantage of access, 0 (wired) to 20 (G.107, table 1).
    pub a: f64,
    /// The least delay that is noticed, ms (100, or up to 150 where delay matters little).
    pub mt: f64,
    /// Sensitivity to delay (1, or down to 0.4).
    pub st: f64,
}

impl Default for Connection {
    fn default() -> Connection {
        Connection {
            slr: 8.0,
            rlr: 2.0,
            stmr: 15.0,
            lstr: 18.0,
            ds: 3.0,
            telr: 65.0,
            wepl: 110.0,
            t: 0.0,
            tr: 0.0,
            ta: 0.0,
            qdu: 1.0,
            ie: 0.0,
            bpl: 4.3,
            ppl: 0.0,
            burst_r: 1.0,
            nc: -70.0,
            nfor: -64.0,
            ps: 35.0,
            pr: 35.0,
            a: 0.0,
            mt: 100.0,
            st: 1.0,
        }
    }
}

impl Connection {
    /// A connection with one delay from mouth to ear (ms): T = Ta, and Tr = 2 T.
    pub fn with_delay(self, milliseconds: f64) -> Connection {
        Connection { t: milliseconds, ta: milliseconds, tr: 2.0 * milliseconds, ..self }
    }
}

/// What the E-model says of a connection.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rating {
    /// Basic signal-to-noise ratio.
    pub ro: f64,
    /// Impairments that sound with the voice.
    pub is: f64,
    /// Impairments by delay and echo.
    pub id: f64,
    /// Impairments by the codec and loss.
    pub ie_eff: f64,
    /// The rating, 93.2 by default. 80: satisfied; 70: some users dissatisfied; 50: nearly all (ITU-T G.109).
    pub r: f64,
    /// The mean opinion score to expect, 1 to 4.5.
    pub mos: f64,
}

/// What a packet waits for besides the network, ms: a packet of 20 ms is full, and is played.
pub const PACKET_DELAY: f64 = 20.0;

impl Rating {
    /// The mean opinion score as it is shown, to hundredths.
    pub fn shown_mos(&self) -> f64 {
        (self.mos.clamp(1.0, 4.5) * 100.0).round() / 100.0
    }
}

/// Rates a connection (ITU-T G.107, clause 7).
pub fn rate_connection(c: &Connection) -> Rating {
    let no = noise(c);
    let ro = 15.0 - 1.5 * (c.slr + no);
    let ist = sidetone(c);
    let is = simultaneous(c, ro, no, ist);
    let id = delay_impairment(c, ro, no, ist);
    let ppl = c.ppl.clamp(0.0, 100.0);
    let ie_eff = c.ie + (95.0 - c.ie) * ppl / (ppl / c.burst_r.max(0.01) + c.bpl);
    let r = ro - is - id - ie_eff + c.a;
    Rating { ro, is, id, ie_eff, r, mos: mos_of(r) }
}

/// The mean opinion score of a rating (G.107, annex B).
pub fn mos_of(r: f64) -> f64 {
    match r {
        r if r < 0.0 => 1.0,
        r if r > 100.0 => 4.5,
        r => 1.0 + 0.035 * r + 7e-6 * r * (r - 60.0) * (100.0 - r),
    }
}

fn log(value: f64) -> f64 {
    value.log10()
}

/// No: all noises, as one at the 0 dBr point.
fn noise(c: &Connection) -> f64 {
    let olr = c.slr + c.rlr;
    let nos = c.ps - c.slr - c.ds - 100.0 + 0.004 * (c.ps - olr - c.ds - 14.0).powi(2);
    let pre = c.pr + 10.0 * log(1.0 + 10_f64.powf((10.0 - c.lstr) / 10.0));
    let nor = c.rlr - 121.0 + pre + 0.008 * (pre - 35.0).powi(2);
    let nfo = c.nfor + c.rlr;
    10.0 * log([c.nc, nos, nor, nfo].into_iter().map(|noise| 10_f64.powf(noise / 10.0)).sum())
}

/// Ist: sidetone that is not right.
fn sidetone(c: &Connection) -> f64 {
    let stmro = -10.0 * log(10_f64.powf(-c.stmr / 10.0) + (-c.t / 4.0).exp() * 10_f64.powf(-c.telr / 10.0));
    let root =
        |divisor: f64, offset: f64, power: f64| (1.0 + ((stmro + offset) / divisor).powf(power)).powf(1.0 / power);
    12.0 * root(6.0, -13.0, 8.0) - 28.0 * root(19.4, 1.0, 35.0) - 13.0 * root(33.0, -3.0, 13.0) + 29.0
}

/// Is: too loud a connection, sidetone, quantising distortion.
fn simultaneous(c: &Connection, ro: f64, no: f64, ist: f64) -> f64 {
    let x = c.slr + c.rlr + 0.2 * (64.0 + no - c.rlr);
    let iolr = 20.0 * ((1.0 + (x / 8.0).powi(8)).powf(1.0 / 8.0) - x / 8.0);
    let q = 37.0 - 15.0 * log(c.qdu.max(0.1));
    let g = 1.07 + 0.258 * q + 0.0602 * q * q;
    let iq =
        15.0 * log(1.0 + 10_f64.powf((ro - 100.0) / 15.0 + 46.0 / 8.4 - g / 9.0) + 10_f64.powf(46.0 / 30.0 - g / 40.0));
    iolr + ist + iq
}

/// Id: talker echo, listener echo, delay.
fn delay_impairment(c: &Connection, ro: f64, no: f64, ist: f64) -> f64 {
    let masked = if c.stmr < 9.0 { ist / 2.0 } else { 0.0 };
    let terv = c.telr - 40.0 * log((1.0 + c.t / 10.0) / (1.0 + c.t / 150.0)) + 6.0 * (-0.3 * c.t * c.t).exp() + masked;
    let re = 80.0 + 2.5 * (terv - 14.0);
    let u = (-1.5 * (no - c.rlr) - re) / 2.0;
    let idte = (u + (u * u + 100.0).sqrt() - 1.0) * (1.0 - (-c.t).exp());
    let idte = if c.stmr > 20.0 { (idte * idte + ist * ist).sqrt() } else { idte };
    let v = (ro - 10.5 * (c.wepl + 7.0) * (c.tr + 1.0).powf(-0.25)) / 2.0;
    let idle = v + (v * v + 169.0).sqrt();
    idte + idle + absolute_delay(c)
}

/// Idd: too long a delay.
fn absolute_delay(c: &Connection) -> f64 {
    if c.ta <= c.mt {
        return 0.0;
    }
    let x = log(c.ta / c.mt) / log(2.0);
    let k = 6.0 * c.st;
    25.0 * ((1.0 + x.powf(k)).powf(1.0 / k) - 3.0 * (1.0 + (x / 3.0).powf(k)).powf(1.0 / k) + 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, wanted: f64, within: f64) {
        assert!((found - wanted).abs() <= within, "{found}, not {wanted}");
    }

    /// ITU-T G.107 prints R = 93.2 and MOS 4.41 for its defaults.
    #[test]
    fn the_defaults_give_the_rating_that_itu_prints() {
        let rating = rate_connection(&Connection::default());
        close(rating.r, 93.2, 0.05);
        close(rating.mos, 4.41, 0.005);
        close(rating.ro, 94.769, 0.001);
        close(rating.is, 1.414, 0.001);
        close(rating.id, 0.149, 0.001);
        assert_eq!(rating.ie_eff, 0.0);
    }

    /// G.107, annex B: R and MOS by user satisfaction. ITU prints 4.03 at 80, where its own formula gives 4.024.
    #[test]
    fn ratings_have_the_scores_that_itu_prints() {
        for (r, mos) in [(90.0, 4.34), (80.0, 4.03), (70.0, 3.60), (60.0, 3.10), (50.0, 2.58)] {
            close(mos_of(r), mos, 0.0065);
        }
        assert_eq!((mos_of(-1.0), mos_of(101.0)), (1.0, 4.5));
    }

    /// ITU-T G.114 and G.109 draw R over delay: about 90 to 150 ms, 80 at 250 to 260, 70 at about 320.
    #[test]
    fn delay_costs_what_the_curve_of_itu_shows() {
        let at = |milliseconds| rate_connection(&Connection::default().with_delay(milliseconds)).r;
        for (milliseconds, r) in [(100.0, 90.7), (150.0, 89.5), (200.0, 85.8), (300.0, 72.7), (400.0, 62.2)] {
            close(at(milliseconds), r, 0.1);
        }
        assert!(
            at(255.0) < 80.0
                && at(235.0) > 80.0
                && (0..80).all(|step| at(f64::from(step) * 10.0) >= at(f64::from(step + 1) * 10.0))
        );
    }

    /// Ie,eff by hand from G.107 (7-29) with the values of G.113.
    #[test]
    fn loss_costs_by_the_codecs_robustness() {
        let loss = |ie, bpl, ppl| rate_connection(&Connection { ie, bpl, ppl, ..Connection::default() }).ie_eff;
        close(loss(0.0, 25.1, 1.0), 3.64, 0.01);
        close(loss(0.0, 4.3, 1.0), 17.92, 0.01);
        close(loss(11.0, 19.0, 2.0), 19.0, 0.01);
        let burst = rate_connection(&Connection { ppl: 5.0, burst_r: 2.0, ..Connection::default() }).r;
        assert!(burst < rate_connection(&Connection { ppl: 5.0, ..Connection::default() }).r);
    }

    #[test]
    fn echo_and_noise_cost() {
        let default = rate_connection(&Connection::default().with_delay(50.0)).r;
        let echo = rate_connection(&Connection { telr: 35.0, ..Connection::default().with_delay(50.0) }).r;
        let noise = rate_connection(&Connection { nc: -50.0, ..Connection::default().with_delay(50.0) }).r;
        assert!(echo < default - 10.0 && noise < default - 5.0, "{default} {echo} {noise}");
    }
}
